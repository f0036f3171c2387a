// The table of tests/js/cache-storage.cases.mjs over ours in workerd: what each case gives, by its title.
import { Cache } from "isocache";
import { cacheStorage } from "isocache/http";
import { CASES, outcome } from "../js/cache-storage.cases.mjs";

export default {
  async fetch(request, { ORIGIN }) {
    const storage = cacheStorage(new Cache());
    const results = {};
    for (const { title, run } of CASES) results[title] = await outcome(run, storage, ORIGIN).catch(String);
    return Response.json(results);
  },
};
