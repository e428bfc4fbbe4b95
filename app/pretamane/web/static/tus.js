// One file on its way by tus 1.0: in pieces, on from where it came to after a lost line, another server or a reload.

const UPLOADS = "/api/v1/uploads";
// Below what a CDN lets through at once (90 MiB), and little enough to be sent again.
const PIECE = 32 * 1024 * 1024;
const PATIENCE = [1, 2, 4, 8, 15];
// What a person still has to decide: all that has come waits for it.
const OPEN = new Set(["known-already", "changed-meanwhile"]);
const LATER = new Set([0, 408, 423, 429, 502, 503, 504]);

export class Refused extends Error {
  constructor(answer) {
    super(answer.problem.detail ?? "The server could not take this file.");
    this.code = answer.problem.code;
    this.document = answer.problem.document;
    this.status = answer.status;
  }
}

const inBase64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

const problemIn = (text) => {
  try { return JSON.parse(text); } catch { return {}; }
};

const pause = (seconds, signal) => new Promise((go, stop) => {
  const ended = () => { clearTimeout(waiting); stop(signal.reason); };
  const waiting = setTimeout(() => { signal.removeEventListener("abort", ended); go(); }, seconds * 1000);
  signal.addEventListener("abort", ended, { once: true });
});

export class Sending {
  #file; #said; #tell; #stop = new AbortController(); #place;

  // `said` is what is known besides: contact_id, or document and version for another version of that document.
  // `tell` hears { sent, waiting }: bytes that have come, and why it waits, if it does.
  constructor(file, said, tell) {
    [this.#file, this.#said, this.#tell] = [file, said, tell];
    this.#place = localStorage.getItem(this.#name);
  }

  get wasBegun() { return this.#place !== null; }

  // The document's address and whether it had these bytes already, or a Refused. `decided` is { ifKnown, seen }.
  async finish(decided = {}) {
    for (;;) {
      try {
        const document = await this.#go(decided);
        localStorage.removeItem(this.#name);
        return document;
      } catch (refusal) {
        if (!(refusal instanceof Refused)) throw refusal;
        const isOver = refusal.status === 404 || refusal.status === 410;
        if (!OPEN.has(refusal.code)) this.#forget();
        if (!isOver || !this.#resumed) throw refusal;
        this.#resumed = false;
      }
    }
  }

  async cancel() {
    this.#stop.abort(new DOMException("cancelled", "AbortError"));
    const place = this.#place;
    this.#forget();
    if (!place) return;
    for (const seconds of [0.2, ...PATIENCE]) { // what was on its way may hold it for a moment
      await pause(seconds, new AbortController().signal);
      const ended = await fetch(place, { method: "DELETE", headers: { "Tus-Resumable": "1.0.0" } }).catch(() => null);
      if (ended && !LATER.has(ended.status)) return;
    }
  }

  #resumed = false;

  // The same file again, also after a reload: browsers keep no file, so its person chooses it once more.
  get #name() {
    return `upload ${this.#said.document ?? this.#said.contact_id ?? ""} ${this.#file.size} ${this.#file.lastModified} ${this.#file.name}`;
  }

  #forget() {
    localStorage.removeItem(this.#name);
    this.#place = null;
  }

  async #go({ ifKnown, seen }) {
    this.#resumed ||= this.#place !== null;
    let offset = this.#place ? await this.#offset() : await this.#begin(seen);
    for (;;) {
      const piece = this.#file.slice(offset, offset + PIECE);
      const decided = ifKnown ? `?if_known=${ifKnown}` : "";
      const headers = { "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream", ...(seen && { "If-Match": seen }) };
      const answer = await this.#ask("PATCH", this.#place + decided, headers, piece, offset);
      if (answer.lost || answer.problem.code === "other-offset") {
        offset = await this.#offset();
        continue;
      }
      if (answer.status >= 300) throw new Refused(answer);
      offset = Number(answer.header("Upload-Offset"));
      this.#tell({ sent: offset });
      const address = answer.header("Upload-Document");
      if (address) return { address, isUnchanged: answer.header("Upload-Unchanged") === "true" };
    }
  }

  async #begin(seen) {
    const version = seen && { version: seen.replace(/\D/g, "") };
    const said = { filename: this.#file.name, if_known: "ask", ...this.#said, ...version };
    const metadata = Object.entries(said).map(([word, text]) => `${word} ${inBase64(text)}`).join(",");
    const headers = { "Upload-Length": this.#file.size, "Upload-Metadata": metadata };
    let answer;
    do answer = await this.#ask("POST", UPLOADS, headers); while (answer.lost);
    if (answer.status !== 201) throw new Refused(answer);
    this.#place = answer.header("Location");
    localStorage.setItem(this.#name, this.#place);
    return 0;
  }

  // An answer to HEAD has no words: where all has come, an empty piece is answered with what became of it.
  async #offset() {
    let answer;
    do answer = await this.#ask("HEAD", this.#place, {}); while (answer.lost);
    if (answer.status === 409 || (answer.status === 412 && this.#said.document)) return this.#file.size;
    if (answer.status >= 300) throw new Refused(answer);
    const offset = Number(answer.header("Upload-Offset"));
    this.#tell({ sent: offset });
    return offset;
  }

  #waited = 0;

  // `lost` after a while where no answer came, or one that says: later. Then nobody knows what has arrived.
  async #ask(method, address, headers, body, sentBefore = 0) {
    const answer = await this.#sendOnce(method, address, headers, body, sentBefore);
    if (!LATER.has(answer.status)) {
      this.#waited = 0;
      return answer;
    }
    this.#tell({ waiting: answer.problem.detail ?? "The line was lost. It goes on as soon as the server is there." });
    const seconds = PATIENCE[Math.min(this.#waited, PATIENCE.length - 1)];
    this.#waited += 1;
    await pause(seconds, this.#stop.signal);
    return { ...answer, lost: true };
  }

  // fetch() does not tell how much has been sent.
  #sendOnce(method, address, headers, body, sentBefore) {
    return new Promise((answered, ended) => {
      const line = new XMLHttpRequest();
      line.open(method, address);
      for (const [name, value] of Object.entries({ "Tus-Resumable": "1.0.0", ...headers })) {
        line.setRequestHeader(name, value);
      }
      line.upload.onprogress = ({ loaded }) => this.#tell({ sent: sentBefore + loaded });
      line.onloadend = () => answered({
        status: line.status, problem: problemIn(line.responseText), header: (name) => line.getResponseHeader(name),
      });
      const { signal } = this.#stop;
      if (signal.aborted) { ended(signal.reason); return; }
      signal.addEventListener("abort", () => { ended(signal.reason); line.abort(); }, { once: true });
      line.send(body ?? null);
    });
  }
}
