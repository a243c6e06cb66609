// What a session of this process has: it outlives SqsSession, which is made anew after each error.
#pragma once

#include <unistd.h>

#include <utility>

#include "backends/sqs/queue_attributes.h"
#include "backends/sqs/sqs_client.h"
#include "backends/sqs/sqs_leases.h"
#include "backends/sqs/sqs_receiver.h"
#include "leptir/spi/broker_session.h"

namespace leptir::sqs {

struct SessionState {
  SessionState(const SqsSettings& settings, const QueueAttributes& attributes, SessionId id, const Clock& clockToUse)
      : session(std::move(id)),
        clock(clockToUse),
        queue(attributes),
        client(settings, clockToUse),
        leases(client, session, clock),
        receiver(client, clock) {}

  const SessionId session;
  const Clock& clock;
  QueueAttributes queue;
  SqsClient client;
  SqsLeases leases;
  SqsReceiver receiver;
  bool isClosed = false;
  const int pid = ::getpid();
};

}  // namespace leptir::sqs
