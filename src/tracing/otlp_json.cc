#include "tracing/otlp_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "base/escape.h"
#include "base/hex_bytes.h"
#include "leptir/version.h"

namespace leptir::tracing {
namespace {

// The numbers of SpanKind and StatusCode in OTLP.
enum class Kind { Internal = 1, Consumer = 5 };
constexpr int kStatusError = 2;

std::string_view bytesOf(const auto& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

// A list of OTLP attributes.
class Attributes {
 public:
  explicit Attributes(std::string& out) : out_(out) { out_ += R"("attributes":[)"; }
  Attributes& text(std::string_view key, std::string_view value) {
    begin(key);
    out_ += R"("stringValue":)";
    base::appendJsonString(out_, value);
    out_ += "}}";
    return *this;
  }
  Attributes& number(std::string_view key, std::int64_t value) {
    begin(key);
    fmt::format_to(std::back_inserter(out_), R"("intValue":"{}"}}}})", value);
    return *this;
  }
  void end() { out_ += ']'; }

 private:
  void begin(std::string_view key) {
    if (out_.back() != '[') out_ += ',';
    out_.append(R"({"key":")").append(key).append(R"(","value":{)");
  }

  std::string& out_;
};

// Times before 1970 do not exist in OTLP.
std::int64_t nanoseconds(Time time) {
  return std::max<std::int64_t>(time.time_since_epoch().count(), 0) * 1000;
}

struct SpanHead {
  base::SpanId id{};
  std::optional<base::SpanId> parent{};
  std::string_view verb{};  // the name is "verb task"
  Kind kind{};
  Time begin{}, end{};
};

// Writes the fields of a span that stand before its attributes.
void beginSpan(const SpanHead& head, const TracedRun& run, std::string& out) {
  if (out.back() != '[') out += ',';
  fmt::format_to(std::back_inserter(out), R"({{"traceId":"{}","spanId":"{}",)",
                 base::hexOf(bytesOf(run.trace.run.trace)), base::hexOf(bytesOf(head.id)));
  if (head.parent)
    fmt::format_to(std::back_inserter(out), R"("parentSpanId":"{}",)", base::hexOf(bytesOf(*head.parent)));
  out += R"("name":)";
  base::appendJsonString(out, std::string(head.verb) + " " + run.name);
  fmt::format_to(std::back_inserter(out), R"(,"kind":{},"startTimeUnixNano":"{}","endTimeUnixNano":"{}",)",
                 static_cast<int>(head.kind), nanoseconds(head.begin), nanoseconds(std::max(head.begin, head.end)));
}

Attributes messageAttributes(const TracedRun& run, std::string& out) {
  Attributes attributes(out);
  attributes.text("messaging.system", "leptir")
      .text("messaging.destination.name", run.broker)
      .text("messaging.message.id", run.id)
      .text("leptir.task.name", run.name)
      .number("leptir.task.attempt", run.attempt);
  return attributes;
}

// The wait of the task in its queue. A clock of the pusher that is ahead must not make it end before it begins.
void appendQueueSpan(const TracedRun& run, std::string& out) {
  beginSpan({.id = run.trace.queue,
             .parent = run.trace.pusher,
             .verb = "queue",
             .kind = Kind::Internal,
             .begin = std::min(*run.due, run.started),
             .end = run.started},
            run, out);
  messageAttributes(run, out).end();
  out += '}';
}

void appendRunSpan(const TracedRun& run, std::string& out) {
  beginSpan({.id = run.trace.run.span,
             .parent = run.trace.pusher.value_or(run.trace.queue),
             .verb = "run",
             .kind = Kind::Consumer,
             .begin = run.started,
             .end = run.ended},
            run, out);
  auto attributes = messageAttributes(run, out);
  attributes.text("messaging.operation.name", "run")
      .text("messaging.operation.type", "process")
      .text("leptir.task.cause", run.cause)
      .text("leptir.task.status", run.status)
      .number("process.pid", run.pid);
  if (run.failed) attributes.text("error.type", run.cause);
  attributes.end();
  if (run.failed) {
    fmt::format_to(std::back_inserter(out), R"(,"status":{{"code":{},"message":)", kStatusError);
    base::appendJsonString(out, run.error);
    out += '}';
  }
  out += '}';
}

}  // namespace

std::string otlpRequest(const SpanSource& source, std::span<const TracedRun> runs) {
  std::string out = R"({"resourceSpans":[{"resource":{)";
  Attributes(out)
      .text("service.name", source.service)
      .text("service.instance.id", source.instance)
      .text("host.name", source.host)
      .end();
  fmt::format_to(std::back_inserter(out), R"(}},"scopeSpans":[{{"scope":{{"name":"leptir","version":"{}"}},"spans":[)",
                 kVersion);
  for (const auto& run : runs) {
    if (run.due) appendQueueSpan(run, out);
    appendRunSpan(run, out);
  }
  return out += "]}]}]}";
}

}  // namespace leptir::tracing
