import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HurriedQuestion, QuestionTurns } from '../../../../src/discovery/consul/hurried-question.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';

const NEVER = new AbortController().signal;

interface Scene {
  readonly clock: FakeClock;
  readonly question: HurriedQuestion;
  /** When each question was sent. */
  readonly sentAt: number[];
  /** Answers the oldest question. */
  readonly answer: (ofUse?: boolean) => Promise<void>;
}

function scene(clock = new FakeClock(), turns = new QuestionTurns()): Scene {
  const sentAt: number[] = [];
  const open: ((ofUse: boolean) => void)[] = [];
  const ask = () =>
    new Promise<boolean>((resolve) => {
      sentAt.push(clock.now());
      open.push(resolve);
    });
  return {
    clock,
    question: new HurriedQuestion({ clock, turns, ask }),
    sentAt,
    answer: async (ofUse = true) => {
      open.shift()?.(ofUse);
      await settle();
    },
  };
}

/** Whether it is settled by now. */
function watch(promise: Promise<void>): { done: boolean } {
  const state = { done: false };
  void promise.then(() => {
    state.done = true;
  });
  return state;
}

describe('HurriedQuestion', () => {
  it('is sent at once, and shared by all who come until then', async () => {
    const { question, sentAt, answer } = scene();
    const waiting = [1, 2, 3].map(() => question.answered(false, NEVER));
    assert.deepEqual(sentAt, [0]);
    const later = watch(question.answered(false, NEVER));
    await answer();
    assert.ok(!later.done, 'the answer may be older than the request');
    await waiting[0];
  });

  it('keeps 250 ms from one to the next, over all who ask the same registry', async () => {
    const clock = new FakeClock();
    const turns = new QuestionTurns();
    const [one, two] = [scene(clock, turns), scene(clock, turns)];
    for (const { question } of [one, two]) void question.answered(false, NEVER);
    await clock.advanceAsync(249);
    assert.deepEqual([one.sentAt, two.sentAt], [[0], []]);
    await clock.advanceAsync(1);
    assert.deepEqual(two.sentAt, [250]);
  });

  it('is asked for once in five seconds while the watch is current, and its answer is waited for', async () => {
    const { clock, question, sentAt, answer } = scene();
    const both = [watch(question.answered(true, NEVER)), watch(question.answered(true, NEVER))];
    await settle();
    assert.deepEqual(both, [{ done: false }, { done: false }]);
    await answer();
    assert.deepEqual(both, [{ done: true }, { done: true }]);
    await clock.advanceAsync(4_999);
    await question.answered(true, NEVER);
    assert.deepEqual(sentAt, [0]);
    await clock.advanceAsync(1);
    void question.answered(true, NEVER);
    assert.deepEqual(sentAt, [0, 5_000]);
  });

  it('lets everyone go after a bad answer, until it is revived', async () => {
    const { clock, question, sentAt, answer } = scene();
    const waiting = [question.answered(false, NEVER), question.answered(false, NEVER)];
    waiting.push(question.answered(false, NEVER));
    await answer(false);
    await Promise.all(waiting);
    await clock.advanceAsync(1_000);
    await question.answered(false, NEVER);
    assert.deepEqual(sentAt, [0]);
    question.revive();
    void question.answered(false, NEVER);
    assert.deepEqual(sentAt, [0, 1_000]);
  });

  it('lets one go whose patience ends', async () => {
    const { question } = scene();
    const patience = new AbortController();
    const waiting = question.answered(false, patience.signal);
    patience.abort();
    await waiting;
  });

  it('is not sent after the end', async () => {
    const { question, sentAt } = scene();
    question.stop();
    await question.answered(false, NEVER);
    assert.deepEqual(sentAt, []);
  });
});
