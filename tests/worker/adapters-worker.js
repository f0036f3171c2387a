// A worker that uses each adapter as its library would, and answers with what came back.
import { Cache } from "isocache";
import { bentocacheL1 } from "isocache/bentocache";
import { cachifiedCache } from "isocache/cachified";
import { keyvStore } from "isocache/keyv";
import { unstorageDriver } from "isocache/unstorage";

const cache = new Cache();
const keyv = keyvStore(cache);
const driver = unstorageDriver(cache.withScope("unstorage"));
const cachified = cachifiedCache({ maxBytes: "1MiB" });
const near = bentocacheL1().factory({ prefix: "near" });

export default {
  async fetch() {
    await keyv.set("a", "keyv", 60_000);
    await driver.setItem("a", "unstorage");
    await cachified.set("a", { value: "cachified", metadata: { createdTime: Date.now(), ttl: 60_000 } });
    near.set("a", "bentocache");
    const values = [await keyv.get("a"), await driver.getItem("a"), (await cachified.get("a")).value, near.get("a")];
    return Response.json({ values, keys: await cache.countKeys() });
  },
};
