// Opens saved automerge documents and prints their root maps as one line of JSON:
// {"<file>": {"entries": {"<key>": "<value in hex>"}, "changes": ["<hash>", …]}, …}
// A value that is not bytes is an error: documents of ours hold nothing else.
import { readFileSync } from "node:fs";
import * as Automerge from "@automerge/automerge";

const hex = (bytes) => Buffer.from(bytes).toString("hex");

const open = (file) => {
  try {
    return Automerge.load(new Uint8Array(readFileSync(file)));
  } catch (cause) {
    throw new Error(`${file} does not open`, { cause });
  }
};

const contents = (file) => {
  const document = open(file);
  const entries = {};
  for (const [key, value] of Object.entries(document)) {
    if (!(value instanceof Uint8Array)) {
      throw new Error(`${file}: the value of ${key} is not bytes`);
    }
    if (Object.keys(Automerge.getConflicts(document, key) ?? {}).length > 1) {
      throw new Error(`${file}: ${key} has several values`);
    }
    entries[key] = hex(value);
  }
  const changes = Automerge.getAllChanges(document).map((change) => Automerge.decodeChange(change).hash);
  return { entries, changes };
};

const files = process.argv.slice(2);
console.log(JSON.stringify(Object.fromEntries(files.map((file) => [file, contents(file)]))));
