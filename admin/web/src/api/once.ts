// A request that makes something says by a key whether it is a repetition: sent again after an answer
// that never came, it does not make a second one.

/** onceKeys gives the key of a request's body: the same while the same is sent, another for anything else. */
export function onceKeys(make: () => string = randomKey): (body: string) => string {
  let last = { body: '', key: '' }
  return (body) => {
    if (last.key === '' || last.body !== body) last = { body, key: make() }
    return last.key
  }
}

// crypto.randomUUID is there on secure origins only.
function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('')
}
