"""What each kind of refusal means and what its asker can do: where a problem's `type` leads."""

MEANINGS = {
    "bad-idempotency-key": "The Idempotency-Key is too short, too long, or holds other signs than visible ASCII.",
    "bad-request": "The request could not be understood as HTTP, or lacks what its address needs.",
    "changed-meanwhile": "Somebody else changed it since you read it. Nothing was overwritten: read it again first.",
    "commit-unconfirmed": "The connection was lost while saving, so nobody knows whether it was kept. Send it again "
    "with the same Idempotency-Key: it is kept once either way.",
    "conflict": "It contradicts what is there. Nothing was changed; the sentence says what stands against it.",
    "database-busy": "Every database connection was in use. Nothing was saved; Retry-After says when to try again.",
    "database-unavailable": "The database could not be reached. Nothing was saved; Retry-After says when to try again.",
    "forbidden": "You are known, but this is not yours to do: the sentence names the role or scope that it needs.",
    "foreign-page": "A page of another website sent this with your cookie. Nothing was changed.",
    "idempotency-key-reused": "The Idempotency-Key came with another body before. Send a new key with a new message.",
    "internal-error": "The fault is ours. It is in our log under the request id.",
    "invalid": "Some fields cannot be taken. `errors` has a sentence for each; nothing was changed.",
    "malformed": "The body could not be read as what its Content-Type says it is.",
    "method-not-allowed": "There is something at this address, but not for this method; Allow lists those it takes.",
    "not-found": "There is nothing at this address, or nothing that you may see.",
    "not-ready": "This process cannot serve yet, or not any more. Ask another, or again in a moment.",
    "refused": "It cannot be done; the sentence says why.",
    "request-under-way": "The first request with this Idempotency-Key is not finished; Retry-After says when to ask.",
    "sign-in-needed": "Nobody is known to be asking. Sign in, or send a key as a Bearer token.",
    "too-large": "The body is larger than this address takes; the sentence says how much that is.",
    "too-many-requests": "Too many came from one client in a short time. Retry-After says when the next may come.",
    "unavailable": "Something that this needs is away for now. Nothing was saved; try again in a moment.",
    "unsupported-media-type": "The body's Content-Type is none that this address reads.",
    "version-needed": "A change must say which version it changes: send the ETag that you read as If-Match.",
}
