// The parts that need no server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../src/backoff.js";
import { readOptions } from "../src/options.js";
import { SentMessages } from "../src/sent.js";

test("waiting grows to its bound, is drawn at random, and begins anew", () => {
  const longest = new Backoff({ firstMs: 100, mostMs: 1000 }, () => 1);
  assert.deepEqual([1, 2, 3, 4, 5, 6].map(() => longest.nextMs()), [100, 200, 400, 800, 1000, 1000]);
  assert.equal(longest.nextMs(5000), 6000);
  longest.reset();
  assert.equal(longest.nextMs(), 100);
  const shortest = new Backoff({ firstMs: 100, mostMs: 1000 }, () => 0);
  assert.deepEqual([1, 2, 3].map(() => shortest.nextMs()), [0, 0, 0]);
  for (let i = 0; i < 2000; i++) longest.nextMs();
  assert.equal(longest.nextMs(), 1000);
});

test("sent messages are kept until they are known to have come in", () => {
  const sent = new SentMessages();
  const bytes = [1, 2, 3, 4].map((n) => Uint8Array.of(n));
  bytes.forEach((b, i) => sent.keep(b, i === 1 ? undefined : 10 + i));
  assert.deepEqual([...sent.unseen()], bytes);
  sent.answered(12);
  assert.deepEqual([...sent.unseen()], bytes.slice(3));
  sent.answered(12);
  sent.answered(99);
  assert.equal(sent.size, 1);
  assert.equal(sent.received(2), false);
  assert.equal(sent.received(5), false);
  assert.equal(sent.received(3), true);
  assert.equal(sent.size, 1);
  assert.equal(sent.received(4), true);
  assert.equal(sent.size, 0);
});

test("without a WebSocket the client says what to set", () => {
  const options = { url: "ws://localhost/v1/session", credentials: { token: "" } };
  const own = Object.getOwnPropertyDescriptor(globalThis, "WebSocket");
  Object.defineProperty(globalThis, "WebSocket", { value: undefined, configurable: true });
  try {
    assert.throws(() => readOptions(options), /package ws/);
  } finally {
    if (own === undefined) Reflect.deleteProperty(globalThis, "WebSocket");
    else Object.defineProperty(globalThis, "WebSocket", own);
  }
});
