#include "task/run_trace.h"

#include <algorithm>
#include <span>

namespace leptir::task {
namespace {

// The finalizer of SplitMix64: each bit of the result depends on each bit of the number.
std::uint64_t mixBits(std::uint64_t number) {
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
  number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
  return number ^ (number >> 31);
}

// FNV-1a with a seed and a finalizer. It need not resist an attacker: the pushing program chooses the ids of traces
// anyway.
std::uint64_t hashOf(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325 ^ mixBits(seed);
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return mixBits(hash);
}

// Different numbers for the hashes of one text.
enum HashPurpose : std::uint64_t {
  kSampling = 1,
  kTraceIdFirstHalf = 2,
  kTraceIdSecondHalf = 3,
  kQueueSpan = 4,
  kRunSpan = 5
};

void write(std::uint64_t number, std::span<std::uint8_t> id) {
  for (auto& byte : id) {
    byte = static_cast<std::uint8_t>(number >> 56);
    number <<= 8;
  }
}

// An id may not be all zero.
base::SpanId spanIdFrom(std::uint64_t hash) {
  base::SpanId id{};
  write(std::max<std::uint64_t>(hash, 1), id);
  return id;
}

std::string_view bytesOf(const base::TraceId& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

bool isSampled(double share, std::string_view id) {
  if (share <= 0) return false;
  constexpr double kAll = 0x1p53;
  return static_cast<double>(hashOf(id, kSampling) >> 11) < share * kAll;
}

base::TraceId ownTraceId(std::string_view id, std::optional<Time> pushedAt) {
  const auto seed = static_cast<std::uint64_t>(pushedAt.value_or(Time()).time_since_epoch().count()) << 3;
  base::TraceId trace{};
  write(std::max<std::uint64_t>(hashOf(id, seed + kTraceIdFirstHalf), 1), std::span(trace).first<8>());
  write(hashOf(id, seed + kTraceIdSecondHalf), std::span(trace).last<8>());
  return trace;
}

}  // namespace

std::optional<RunTrace> runTraceOf(const TraceSettings& settings, const std::optional<base::Traceparent>& given,
                                   std::string_view id, std::optional<Time> pushedAt, std::uint64_t lease) {
  if (!settings.makesSpans || (given && !given->sampled)) return std::nullopt;
  if (!given && (id.empty() || !isSampled(settings.sample, id))) return std::nullopt;
  RunTrace trace{.run = {.trace = given ? given->trace : ownTraceId(id, pushedAt), .sampled = true}};
  if (given) trace.pusher = given->span;
  // Several tasks may be pushed in one trace, so the id counts too.
  const auto task = hashOf(id, hashOf(bytesOf(trace.run.trace), kQueueSpan));
  trace.queue = spanIdFrom(mixBits(task + kQueueSpan));
  trace.run.span = spanIdFrom(mixBits(task + mixBits(lease + kRunSpan)));
  return trace;
}

}  // namespace leptir::task
