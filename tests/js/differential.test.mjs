// Random operations through the package and through a model that is obviously right: a Map in the order of use.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache, escapePattern, SyncCache } from "isocache";
import { newTime, randomFrom, START } from "./helpers.mjs";

const seed = Number(process.env.ISOCACHE_SEED ?? (START ^ process.pid) >>> 0);

/** Least recently used first. All keys are whole, all times milliseconds. */
class Model {
  entries = new Map();
  now = 0;
  counts = { hits: 0, misses: 0, sets: 0, deletes: 0, evictions: 0, expirations: 0 };

  constructor(maxEntries, defaultMs) {
    this.maxEntries = maxEntries;
    this.defaultMs = defaultMs;
  }

  advance(now) {
    this.now = Math.max(this.now, now);
    for (const [key, { deadline }] of this.entries) {
      if (deadline > this.now) continue;
      this.entries.delete(key);
      this.counts.expirations++;
    }
  }

  use(key) {
    const entry = this.entries.get(key);
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry;
  }

  get(key) {
    const found = this.entries.has(key);
    this.counts[found ? "hits" : "misses"]++;
    return found ? this.use(key).value : undefined;
  }

  deadline(ttl) {
    const ms = ttl === undefined ? this.defaultMs : ttl === null ? Infinity : ttl * 1_000;
    return this.now + ms;
  }

  put(key, value, deadline) {
    this.counts.sets++;
    this.entries.delete(key);
    while (this.entries.size >= this.maxEntries) {
      this.entries.delete(this.entries.keys().next().value);
      this.counts.evictions++;
    }
    this.entries.set(key, { value, deadline });
  }

  delete(key) {
    const deleted = this.entries.delete(key);
    if (deleted) this.counts.deletes++;
    return deleted;
  }

  increment(key, by, ttl, initial) {
    const entry = this.entries.get(key);
    if (entry !== undefined && typeof entry.value !== "number") return "NOT_A_NUMBER";
    const sum = (entry === undefined ? initial : entry.value) + by;
    if (Math.abs(sum) > Number.MAX_SAFE_INTEGER) return "OUT_OF_RANGE";
    this.put(key, sum, entry === undefined ? this.deadline(ttl) : entry.deadline);
    return sum;
  }

  /** The keys of a scope that begin with a text, without the scope. */
  begins(prefix, text) {
    const keys = [...this.entries.keys()].filter((key) => key.startsWith(prefix + text));
    return keys.map((key) => key.slice(prefix.length)).toSorted();
  }
}

class Run {
  constructor(Class, { maxEntries, defaultTtl, keys }, random) {
    this.random = random;
    this.time = newTime();
    this.root = new Class({ maxEntries, defaultTtl, clock: this.time.clock, maxBytes: "256MiB" });
    this.model = new Model(maxEntries, defaultTtl === undefined ? Infinity : defaultTtl * 1_000);
    this.keyCount = keys;
    const nested = this.root.withScope("a").withScope("b");
    this.views = [[this.root, ""], [this.root.withScope("a"), "a:"], [nested, "a:b:"], [this.root.withScope("[x]*"), "[x]*:"]]; // prettier-ignore
  }

  below(n) {
    return Math.floor(this.random() * n);
  }
  pick(list) {
    return list[this.below(list.length)];
  }
  key() {
    const n = Math.floor(this.random() ** 2 * this.keyCount);
    if (this.random() < 0.6) return `k${n}`;
    return this.pick(["", "long ".repeat(9), "é", "a:", "a:b:", "[x]*:", "日本".repeat(20)]) + n;
  }
  value() {
    const n = this.below(1_000);
    return this.pick([
      () => n,
      () => n - 0.5,
      () => `text ${n}`,
      () => "t".repeat(n * 5),
      () => "é".repeat(n),
      () => null,
      () => ({ n, list: [n, "x"] }),
      () => Uint8Array.from({ length: n }, (_, i) => i),
      () => BigInt(n) ** 9n,
      () => n % 2 === 0,
      () => Number.MAX_SAFE_INTEGER - 1,
      () => "\ud800".repeat(n % 50),
    ])();
  }
  ttl() {
    return this.pick([undefined, undefined, null, (1 + this.below(60)) / 1_000, 1 + this.below(5)]);
  }
  list(most, make) {
    return Array.from({ length: this.below(most + 1) }, make);
  }

  async step() {
    const { model, time } = this;
    if (this.random() < 0.3) time.pass(this.pick([1, 1, 5, 20, 500]));
    if (this.random() < 0.02) {
      await this.root.has(""); // so that both have seen the time that is taken back
      model.advance(time.now);
      time.pass(-10);
    }
    model.advance(time.now);
    const [cache, prefix] = this.pick(this.views);
    const key = this.key();
    const whole = prefix + key;
    const present = model.entries.get(whole);
    const act = this.pick(Run.acts);
    const [ours, theirs] = await act.call(this, { cache, prefix, key, whole, present, model });
    assert.deepEqual(ours, theirs, act.name);
  }

  static acts = [
    async function get({ cache, key, whole, model }) {
      return [await cache.get(key), model.get(whole)];
    },
    async function getAgain({ cache, key, whole, model }) {
      return [await cache.get(key), model.get(whole)];
    },
    async function set({ cache, key, whole, model }) {
      const value = this.value();
      const ttl = this.ttl();
      model.put(whole, value, model.deadline(ttl));
      return [await cache.set(key, value, this.pick([ttl, { ttl }])), true];
    },
    async function setAgain({ cache, key, whole, model }) {
      const value = this.value();
      model.put(whole, value, model.deadline(undefined));
      return [await cache.set(key, value), true];
    },
    async function setIfAbsent({ cache, key, whole, present, model }) {
      const value = this.value();
      const ttl = this.ttl();
      if (present === undefined) model.put(whole, value, model.deadline(ttl));
      return [await cache.setIfAbsent(key, value, ttl), present === undefined];
    },
    async function has({ cache, key, present }) {
      return [await cache.has(key), present !== undefined];
    },
    async function remove({ cache, key, whole, model }) {
      return [await cache.delete(key), model.delete(whole)];
    },
    async function ttl({ cache, key, present, model }) {
      const left =
        present === undefined || present.deadline === Infinity ? null : (present.deadline - model.now) / 1_000;
      return [await cache.ttl(key), left];
    },
    async function expire({ cache, key, whole, present, model }) {
      const ttl = this.pick([0.005, 0.05, 2, null]);
      if (present !== undefined) present.deadline = model.deadline(ttl);
      if (present !== undefined) model.use(whole);
      return [await cache.expire(key, ttl), present !== undefined];
    },
    async function persist({ cache, key, whole, present, model }) {
      const had = present !== undefined && present.deadline !== Infinity;
      if (present !== undefined) present.deadline = Infinity;
      if (present !== undefined) model.use(whole);
      return [await cache.persist(key), had];
    },
    async function increment({ cache, key, whole, model }) {
      const by = this.pick([1, -1, 0, 2.5, 10, -1e15]);
      const options = this.pick([{}, { ttl: 0.03 }, { initial: 7 }, { ttl: 1, initial: -2 }]);
      const theirs = model.increment(whole, by, options.ttl, options.initial ?? 0);
      const down = this.random() < 0.5;
      try {
        return [await (down ? cache.decrement(key, -by, options) : cache.increment(key, by, options)), theirs];
      } catch (error) {
        return [error.code, theirs];
      }
    },
    async function getAll({ cache, prefix, model }) {
      const keys = this.list(6, () => this.key());
      return [await cache.getAll(keys), keys.map((each) => model.get(prefix + each))];
    },
    async function getMany({ cache, prefix, model }) {
      const keys = this.list(6, () => this.key());
      const theirs = new Map(keys.map((each) => [each, model.get(prefix + each)]));
      for (const [each, value] of theirs) if (value === undefined) theirs.delete(each);
      return [await cache.getMany(keys), theirs];
    },
    async function hasMany({ cache, prefix, model }) {
      const keys = this.list(6, () => this.key());
      return [await cache.hasMany(keys), new Map(keys.map((each) => [each, model.entries.has(prefix + each)]))];
    },
    async function setMany({ cache, prefix, model }) {
      const entries = this.list(6, () => [this.key(), this.value(), this.ttl()]);
      for (const [each, value, ttl] of entries) model.put(prefix + each, value, model.deadline(ttl));
      return [await cache.setMany(entries), entries.length];
    },
    async function deleteMany({ cache, prefix, model }) {
      const keys = this.list(4, () => this.key());
      return [await cache.deleteMany(keys), keys.filter((each) => model.delete(prefix + each)).length];
    },
    async function keys({ cache, prefix, model }) {
      const text = this.pick(["", "", "k", "a:", "[x]*"]);
      const ours = [];
      for await (const each of cache.keys(`${escapePattern(text)}*`)) ours.push(each);
      return [ours.toSorted(), model.begins(prefix, text)];
    },
    async function countKeys({ cache, prefix, model }) {
      return [await cache.countKeys(), model.begins(prefix, "").length];
    },
    async function deletePattern({ cache, prefix, model }) {
      const text = this.pick(["k1", "é", "a:b:1", "[x]*:2", "long"]);
      const theirs = model.begins(prefix, text);
      for (const each of theirs) model.delete(prefix + each);
      return [await cache.deletePattern(`${escapePattern(text)}*`), theirs.length];
    },
    async function clear({ cache, prefix, model }) {
      if (this.random() < 0.95) return [];
      const theirs = model.begins(prefix, "");
      for (const each of theirs) model.delete(prefix + each);
      return [await cache.clear(), theirs.length];
    },
    async function purgeExpired({ cache }) {
      await cache.purgeExpired(this.pick([0, 1, 5, undefined]));
      return [];
    },
    async function getOrSet({ cache, key, whole, present, model }) {
      if (!(cache instanceof Cache)) return [];
      const value = this.value();
      const ttl = this.ttl();
      const theirs = model.get(whole);
      if (present === undefined) model.put(whole, value, model.deadline(ttl));
      return [
        await cache.getOrSet(key, this.pick([value, () => value, async () => value]), ttl),
        present === undefined ? value : theirs,
      ];
    },
    async function stats({ cache, model }) {
      const { hits, misses, sets, deletes, evictions } = cache.stats();
      const { expirations, ...theirs } = model.counts;
      return [{ hits, misses, sets, deletes, evictions }, theirs];
    },
  ];

  /** Who is where in the order of use, told by evicting one after the other. */
  async checkOrder() {
    const { model, root } = this;
    model.advance(this.time.now);
    await root.purgeExpired();
    assert.equal(root.stats().expirations, model.counts.expirations);
    for (let i = 0; model.entries.size < model.maxEntries; i++) {
      model.put(`fill ${i}`, i, Infinity);
      await root.set(`fill ${i}`, i, null);
    }
    for (const key of model.entries.keys()) {
      assert.equal(await root.has(key), true, "still there");
      await root.set(`evict ${key}`, 1, null);
      assert.equal(await root.has(key), false, "the least recently used");
    }
  }
}

const SETTINGS = [
  { maxEntries: 3, keys: 2, steps: 8_000 },
  { maxEntries: 40, keys: 12, steps: 15_000 },
  { maxEntries: 40, keys: 8, steps: 8_000, defaultTtl: 0.04 },
  { maxEntries: 500, keys: 100, steps: 8_000, defaultTtl: 3 },
];
for (const [name, Class] of Object.entries({ SyncCache, Cache })) {
  for (const settings of SETTINGS) {
    test(`${name} does what the model does: ${JSON.stringify(settings)}`, async (t) => {
      t.diagnostic(`ISOCACHE_SEED=${seed}`);
      const run = new Run(Class, settings, randomFrom(seed));
      for (let i = 0; i < settings.steps; i++) {
        try {
          await run.step();
        } catch (error) {
          throw new Error(`step ${i}, ISOCACHE_SEED=${seed}: ${error.message}`, { cause: error });
        }
      }
      const { hits, misses, evictions, expirations } = run.model.counts;
      const worth = `${hits} hits, ${misses} misses, ${evictions} evictions, ${expirations} expirations`;
      assert.ok(hits > 50 && evictions + expirations > 100, worth);
      await run.checkOrder();
      await run.root.close();
    });
  }
}
