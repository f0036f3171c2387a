// What may become of objects: `npm run bench -- codecs`. Our default codec (msgpackr with what MessagePack cannot say) beside
// msgpackr alone, cbor-x and JSON: time to encode and to decode, bytes of the result, whether what comes back is what went
// in, and what the library adds to a bundle. Without records or generated functions, which a Content-Security-Policy and
// workers refuse.
import { isDeepStrictEqual } from "node:util";
import { gzipSync } from "node:zlib";
import { Decoder, Encoder } from "cbor-x";
import { Packr } from "msgpackr";
import { rolldown } from "rolldown";
import { json, msgpack } from "../../dist/index.js";
import { measure, table } from "./rounds.mjs";

const packr = new Packr({ useRecords: false, mapsAsObjects: true, moreTypes: true, copyBuffers: true });
const options = { useRecords: false, mapsAsObjects: true, copyBuffers: true };
const [encoder, decoder] = [new Encoder(options), new Decoder(options)];
const CODECS = {
  "ours (msgpackr)": msgpack,
  msgpackr: { encode: (value) => packr.pack(value), decode: (bytes) => packr.unpack(bytes) },
  "cbor-x": { encode: (value) => encoder.encode(value), decode: (bytes) => decoder.decode(bytes) },
  json,
};
const person = (id) => ({ id, name: `user ${id}`, email: `user${id}@example.org`, admin: false, tags: ["a", "b"] });
const VALUES = {
  "a small object": person(1),
  "a list of 50": Array.from({ length: 50 }, (_, id) => person(id)),
  numbers: { series: Array.from({ length: 200 }, (_, i) => i * 1.5) },
  text: { title: "Ångström", body: "A paragraph of text, of the kind that pages have. ".repeat(20) },
  "dates, sets, maps": { at: new Date(1e12), roles: new Set(["a", "b"]), by: new Map([["k", [1, 2, 3]]]) },
};

for (const [name, value] of Object.entries(VALUES)) {
  const [encoding, decoding] = [{}, {}];
  for (const [codec, { encode, decode }] of Object.entries(CODECS)) {
    encoding[codec] = (count) => {
      for (let i = 0; i < count; i++) encode(value);
    };
    const bytes = encode(value).slice();
    decoding[codec] = (count) => {
      for (let i = 0; i < count; i++) decode(bytes.slice()); // as it comes out of a store
    };
  }
  const count = Math.max(200, Math.ceil(2_000_000 / JSON.stringify(value).length / 4));
  const [encoded, decoded] = [measure(encoding, { count }), measure(decoding, { count })];
  const rows = Object.entries(CODECS).map(([codec, { encode, decode }]) => [
    codec,
    encoded[codec].toFixed(0),
    decoded[codec].toFixed(0),
    encode(value).length,
    isDeepStrictEqual(decode(encode(value).slice()), value) ? "yes" : "no",
  ]);
  console.log(`${table([[name, "encode ns", "decode ns", "bytes", "equal"], ...rows])}\n`);
}

const libraries = { msgpackr: "Packr", "cbor-x": "Encoder, Decoder" };
for (const [library, names] of Object.entries(libraries)) {
  const entry = { name: "entry", resolveId: (id) => (id === "entry" ? id : null) };
  entry.load = (id) => (id === "entry" ? `export { ${names} } from ${JSON.stringify(library)};` : null);
  const build = await rolldown({ input: "entry", plugins: [entry], platform: "browser", cwd: import.meta.dirname });
  const { output } = await build.generate({ minify: true });
  await build.close();
  console.log(`${library} in a bundle, minified and gzipped: ${gzipSync(output[0].code, { level: 9 }).length} bytes`);
}
