#include "reporters/sentry_event.h"

#include <time.h>

#include "base/utf8.h"
#include "http/ascii.h"
#include "leptir/version.h"
#include "reporters/sentry_stack.h"

namespace leptir::reporters {
namespace {

constexpr std::size_t kMaxTagBytes = 200;  // Sentry drops longer ones
constexpr std::size_t kMaxValueBytes = 8 * 1024;

std::string levelOf(const ReportedError& error) {
  if (error.isCrash()) return "fatal";
  return error.text("status") == "warning" ? "warning" : "error";
}

// The type of the exception; for other errors PHP leptir's word for the kind of error: Crash, TimeLimit, …
std::string typeOf(const ReportedError& error) {
  const auto type = error.thrown ? error.thrown->type : error.text("ErrType");
  return type.empty() ? "Error" : type;
}

std::string valueOf(const ReportedError& error) {
  auto value = beginningOf(error.message, kMaxValueBytes);
  if (error.lostBefore > 0)
    value += " [" + std::to_string(error.lostBefore) + (error.lostBefore == 1 ? " report" : " reports") +
             " before this one could not be sent]";
  return value;
}

Json exceptionOf(const ReportedError& error, const Json& frames) {
  Json exception{{"type", typeOf(error)},
                 {"value", valueOf(error)},
                 {"mechanism", {{"type", "leptir"}, {"handled", !error.isCrash()}}}};
  if (!frames.empty()) exception["stacktrace"] = {{"frames", frames}};
  return {{"values", Json::array({exception})}};
}

// A message whose digits are replaced, so that ids and numbers in it do not make a group of their own.
std::string withoutNumbers(std::string_view message) {
  std::string text;
  for (const char c : base::utf8Prefix(message, kMaxTagBytes)) {
    if (!http::isDigit(c)) text += c;
    if (http::isDigit(c) && !text.ends_with('#')) text += '#';
  }
  return text;
}

Json fingerprintOf(const ReportedError& error, const std::vector<std::string>& stack) {
  const auto function = innermostUserFunction(stack);
  return {error.text("name"), error.text("cause"), typeOf(error),
          function.empty() ? withoutNumbers(error.message) : function};
}

// A tag is one line.
std::string tagText(std::string_view text) {
  std::string tag(base::utf8Prefix(text, kMaxTagBytes));
  for (char& c : tag) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return tag;
}

Json tagsOf(const ReportedError& error) {
  auto tags = Json::object();
  const auto add = [&](const char* tag, const std::string& text) {
    if (!text.empty()) tags[tag] = tagText(text);
  };
  add("task", error.text("name"));
  add("cause", error.text("cause"));
  add("ErrType", error.text("ErrType"));
  add("settled", error.text("settled"));
  add("broker", error.text("broker"));
  add("host", error.text("host"));
  return tags;
}

Json extraOf(const ReportedError& error) {
  auto extra = Json::object();
  for (const auto* key : {"id", "attempt", "status", "reason", "response", "stderr", "parameters", "signal", "pid",
                          "started", "ended", "suppressed"}) {
    if (const auto found = error.data.find(key); found != error.data.end()) extra[key] = *found;
  }
  if (error.lostBefore > 0) extra["lost_before"] = error.lostBefore;
  return extra;
}

// 2026-11-24T16:05:12Z
std::string utcText(Time time) {
  const auto seconds =
      static_cast<std::time_t>(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

void addNames(const ReportedError& error, const SentryNames& names, Json& event) {
  const auto add = [&](const char* key, const std::string& text) {
    if (!text.empty()) event[key] = tagText(text);
  };
  add("environment", names.environment);
  add("release", names.release);
  add("server_name", names.serverName.empty() ? error.text("host") : names.serverName);
  add("transaction", error.text("name"));
}

}  // namespace

Json sentryEvent(const ReportedError& error, const SentryNames& names, const std::string& id, Time now) {
  const auto stack = error.texts("stack");
  Json event{{"event_id", id},
             {"timestamp", error.number("ended").value_or(unixSeconds(now))},
             {"platform", "native"},
             {"level", levelOf(error)},
             {"logger", "leptir"},
             {"exception", exceptionOf(error, sentryFrames(stack))},
             {"fingerprint", fingerprintOf(error, stack)},
             {"tags", tagsOf(error)},
             {"extra", extraOf(error)},
             {"sdk", {{"name", "leptir"}, {"version", std::string(kVersion)}}}};
  addNames(error, names, event);
  return event;
}

std::string sentryEnvelope(const Json& event, const std::string& id, Time now) {
  const auto payload = writeJson(event);
  const Json envelope{{"event_id", id}, {"sent_at", utcText(now)}};
  const Json item{{"type", "event"}, {"content_type", "application/json"}, {"length", payload.size()}};
  return writeJson(envelope) + "\n" + writeJson(item) + "\n" + payload + "\n";
}

}  // namespace leptir::reporters
