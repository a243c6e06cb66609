// Runs fauxqs, an emulator of Amazon SQS, on 127.0.0.1, and is strict where it is lax. Prints "listening on PORT".
// Arguments: the folder that tools/setup-sqs has filled; the port, or 0 for any; and a folder for the database in which
// queues and messages outlive the process, or nothing.
const [folder, port, data] = process.argv.slice(2);
const load = (file) => import(`${folder}/node_modules/fauxqs/dist/${file}.js`);
const { buildApp } = await load('app');
const { SqsStore } = await load('sqs/sqsStore');
const { SnsStore } = await load('sns/snsStore');

const store = new SqsStore();
store.host = ''; // the address of a queue then has the host and port that its maker has used

if (data) {
  const { PersistenceManager } = await load('persistence');
  const kept = new PersistenceManager(data);
  kept.db.exec('PRAGMA synchronous = OFF'); // it has to outlive the process, not the machine
  // fauxqs 2.4.1 forgets the number of receives here, which its table does not allow.
  const release = kept.db.prepare(
    'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?',
  );
  kept.updateMessageReady = (id) => release.run(id);
  kept.loadSqsAndSns(store, new SnsStore());
  store.persistence = kept;
  for (const queue of store.allQueues()) queue.persistence = kept;
}

const app = buildApp({ logger: false, stores: { sqsStore: store, snsStore: new SnsStore() } });
const actionOf = (request) => (request.headers['x-amz-target'] ?? '').replace('AmazonSQS.', '');
const queueOf = (request) => store.getQueue(request.body?.QueueUrl ?? '');
const number = (value) => (value === undefined ? undefined : Number(value));

// The service forgets messages that are older than the queue keeps them, and its counts know which delays are over.
function letTimePass(queue) {
  const now = Date.now();
  if (Math.abs(now - (queue.cleanedAt ?? 0)) >= 1000) forget(queue, now);
  queue.processTimers();
}

function forget(queue, now) {
  queue.cleanedAt = now;
  const oldest = now - Number(queue.attributes.MessageRetentionPeriod) * 1000;
  for (const list of ['messages', 'delayedMessages']) {
    if (queue[list].some((message) => message.sentTimestamp < oldest))
      queue[list] = queue[list].filter((message) => message.sentTimestamp >= oldest);
  }
}

// Why the service refuses the delay or visibility of a request or of an entry of a batch; null: it does not.
let longestVisibility = 43200;
function objection(action, queue, entry) {
  if (action.startsWith('Send')) {
    const delay = number(entry.DelaySeconds) ?? 0;
    if (delay >= 0 && delay <= 900) return null;
    return `Value ${delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.`;
  }
  const lease = queue.inflightMessages.get(entry.ReceiptHandle);
  if (!lease) return null;
  const until = Date.now() + number(entry.VisibilityTimeout) * 1000;
  if (until <= (lease.receivedAt ?? Date.now()) + longestVisibility * 1000) return null;
  return (
    `Value ${entry.VisibilityTimeout} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for ` +
    `the message is beyond the limit [${longestVisibility} seconds]`
  );
}

function refuse(reply, code, message) {
  reply.status(400).header('content-type', 'application/x-amz-json-1.0');
  reply.header('x-amzn-query-error', `${code};Sender`);
  return reply.send({ __type: `com.amazonaws.sqs#${code}`, message });
}

// Takes the entries that the service refuses out of a batch.
function sortOut(request, reply, action, queue) {
  request.refused = [];
  for (const entry of request.body.Entries ?? []) {
    const message = objection(action, queue, entry);
    if (message) request.refused.push({ Id: entry.Id, SenderFault: true, Code: 'InvalidParameterValue', Message: message });
  }
  if (request.refused.length === 0) return;
  const isRefused = new Set(request.refused.map((entry) => entry.Id));
  request.body.Entries = request.body.Entries.filter((entry) => !isRefused.has(entry.Id));
  if (request.body.Entries.length > 0) return;
  return reply.header('content-type', 'application/x-amz-json-1.0').send({ Successful: [], Failed: [] });
}

app.addHook('preHandler', async (request, reply) => {
  const queue = queueOf(request);
  if (!queue) return;
  letTimePass(queue);
  const action = actionOf(request);
  if (!action.startsWith('Send') && !action.startsWith('ChangeMessageVisibility')) return;
  if (action.endsWith('Batch')) return sortOut(request, reply, action, queue);
  const message = objection(action, queue, request.body);
  if (message) return refuse(reply, 'InvalidParameterValue', message);
});

app.addHook('preSerialization', async (request, reply, answer) => {
  if (request.refused?.length) answer.Failed = [...(answer.Failed ?? []), ...request.refused];
  if (actionOf(request) !== 'ReceiveMessage') return answer;
  const queue = queueOf(request);
  for (const message of answer.Messages ?? []) {
    const lease = queue?.inflightMessages.get(message.ReceiptHandle);
    if (lease) lease.receivedAt = Date.now();
    // The service returns only what was asked for.
    if ((request.body.MessageAttributeNames ?? []).length > 0) continue;
    delete message.MessageAttributes;
    delete message.MD5OfMessageAttributes;
  }
  return answer;
});

// For tests: SqsServer::limitVisibility.
app.post('/longest-visibility', async (request) => {
  longestVisibility = request.body.seconds;
  return {};
});

await app.listen({ host: '127.0.0.1', port: Number(port) });
console.log(`listening on ${app.server.address().port}`);
