export const apiAddress = "";
