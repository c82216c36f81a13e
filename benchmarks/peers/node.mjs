// Node's decoders. Each question is a line of JSON: which one, on what, how often.
// Started with a folder in which eventsource-parser and openai are installed.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import path from 'node:path';

const require = createRequire(path.join(process.argv[2], 'index.js'));
const { createParser } = require('eventsource-parser');
const { Stream, _iterSSEMessages } = require('openai/streaming');
const { AssistantStream } = require('openai/lib/AssistantStream');

// --- The decoders: chunks of bytes in, `each` called with every event ---------------

async function eventsourceParser(chunks, each) {
  const text = new TextDecoder();
  const parser = createParser({ onEvent: each });
  for (const chunk of chunks) parser.feed(text.decode(chunk, { stream: true }));
}

function response(chunks) {
  let at = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (at < chunks.length) controller.enqueue(chunks[at++]);
      else controller.close();
    },
  });
  return new Response(body);
}

async function openaiFraming(chunks, each) {
  for await (const event of _iterSSEMessages(response(chunks), new AbortController())) each(event);
}

async function openaiTyped(chunks, each) {
  for await (const event of Stream.fromSSEResponse(response(chunks), new AbortController())) each(event);
}

async function openaiSnapshot(chunks) {
  const runs = {
    create: async () => Stream.fromSSEResponse(response(chunks), new AbortController()),
  };
  const stream = AssistantStream.createAssistantStream('thread', runs, {}, {});
  await stream.done();
  return stream;
}

// --- What came out, in plain values ------------------------------------------------

async function frames(decode, chunks) {
  const found = [];
  let id = '';
  await decode(chunks, (event) => {
    id = event.id ?? id;
    found.push([event.event || 'message', event.data, id]);
  });
  return found;
}

async function typed(chunks) {
  const found = [];
  await openaiTyped(chunks, (event) => found.push([event.event, event.data]));
  return found;
}

async function state(chunks) {
  const stream = await openaiSnapshot(chunks);
  const texts = {};
  const args = {};
  for (const message of await stream.finalMessages().catch(() => []))
    texts[message.id] = message.content.map((block) => block.text?.value ?? '').join('');
  for (const step of await stream.finalRunSteps().catch(() => []))
    for (const call of step.step_details.tool_calls ?? [])
      args[call.id] = call[call.type]?.arguments ?? call[call.type]?.input ?? '';
  const run = await stream.finalRun().catch(() => null);
  return { texts, arguments: args, status: run && run.status };
}

const touch = (event) => [event.event, event.data];
const touchText = (event) =>
  event.event === 'thread.message.delta'
    ? event.data.delta.content?.[0].text?.value
    : event.event === 'thread.run.step.delta'
      ? event.data.delta.step_details.tool_calls?.[0].function?.arguments
      : event.data?.id;

const candidates = {
  'framing/eventsource-parser (Node)': {
    run: (chunks) => eventsourceParser(chunks, touch),
    outcome: (chunks) => frames(eventsourceParser, chunks),
  },
  'framing/openai-node (Node)': {
    run: (chunks) => openaiFraming(chunks, touch),
    outcome: (chunks) => frames(openaiFraming, chunks),
  },
  'typed/openai-node (Node)': {
    run: (chunks) => openaiTyped(chunks, touchText),
    outcome: typed,
  },
  'snapshot/openai-node (Node)': { run: openaiSnapshot, outcome: state },
};

// --- The conversation --------------------------------------------------------------

const inputs = new Map();

function load(file) {
  // As Python wrote it: for each stream the lengths of its chunks, then all bytes.
  const bytes = readFileSync(file);
  const end = bytes.indexOf(10);
  let at = end + 1;
  return JSON.parse(bytes.subarray(0, end)).map((lengths) =>
    lengths.map((length) => new Uint8Array(bytes.subarray(at, (at += length)))),
  );
}

async function answer(question) {
  const { ask, candidate, file, loops, forget } = question;
  for (const old of forget) inputs.delete(old);
  if (!inputs.has(file)) inputs.set(file, load(file));
  const streams = inputs.get(file);
  const { run, outcome } = candidates[candidate];
  if (ask === 'outcome') return Promise.all(streams.map(outcome));
  const begin = process.cpuUsage();
  for (let loop = 0; loop < loops; loop++) for (const chunks of streams) await run(chunks);
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1e6;
}

for await (const line of createInterface({ input: process.stdin })) {
  let reply;
  try {
    reply = { answer: (await answer(JSON.parse(line))) ?? null };
  } catch (error) {
    reply = { error: error?.name ?? 'Error' };
  }
  process.stdout.write(JSON.stringify(reply) + '\n');
}
