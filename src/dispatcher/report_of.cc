#include "dispatcher/report_of.h"

#include <utility>

namespace leptir::dispatcher {

using report::ErrorKind;
using report::ErrorReport;
using report::TaskFate;
using settlement::Settlement;

namespace {

std::optional<ErrorKind> kindOf(std::string_view cause) {
  constexpr std::pair<Cause, ErrorKind> kErrors[] = {
      {Cause::Finished, ErrorKind::Error},      {Cause::Threw, ErrorKind::Exception},
      {Cause::TimedOut, ErrorKind::TimeLimit},  {Cause::Crashed, ErrorKind::Crash},
      {Cause::OutOfMemory, ErrorKind::Crash},   {Cause::UnknownName, ErrorKind::Buried},
      {Cause::Malformed, ErrorKind::Malformed}, {Cause::SessionExpired, ErrorKind::Buried},
  };
  for (const auto& [error, kind] : kErrors) {
    if (nameOf(error) == cause) return kind;
  }
  return std::nullopt;
}

TaskFate fateOf(Settlement::Kind kind) {
  switch (kind) {
    case Settlement::Kind::Release:
      return TaskFate::Retried;
    case Settlement::Kind::Bury:
      return TaskFate::Buried;
    default:
      return TaskFate::Over;
  }
}

std::optional<ThrownError> shortened(const std::optional<ThrownError>& thrown) {
  if (!thrown) return std::nullopt;
  return ThrownError{report::beginningOf(thrown->type), report::beginningOf(thrown->message)};
}

std::string envelopeUnlessTooLarge(std::string_view envelope) {
  return envelope.size() <= report::kMaxEnvelopeBytes ? std::string(envelope) : std::string();
}

}  // namespace

std::optional<ErrorReport> reportOf(const Settlement& settlement, std::string_view envelope,
                                    const std::string& broker) {
  if (!settlement.failed || !settlement.record) return std::nullopt;
  const auto& record = *settlement.record;
  const auto kind = kindOf(record.cause);
  if (!kind) return std::nullopt;
  return ErrorReport{.kind = *kind,
                     .fate = fateOf(settlement.kind),
                     .reason = report::beginningOf(settlement.reason),
                     .id = record.id,
                     .name = record.type,
                     .attempt = record.attempt,
                     .cause = record.cause,
                     .status = std::string(nameOf(record.returnCode)),
                     .response = report::beginningOf(record.response),
                     .stack = record.stack,
                     .stderrTail = report::endOf(record.stderrTail),
                     .signal = record.signal,
                     .thrown = shortened(settlement.thrown),
                     .envelope = envelopeUnlessTooLarge(envelope),
                     .broker = broker,
                     .host = record.host,
                     .pid = record.pid,
                     .started = record.started,
                     .ended = record.ended};
}

}  // namespace leptir::dispatcher
