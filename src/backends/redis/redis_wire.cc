#include "backends/redis/redis_wire.h"


#include <array>
#include <cassert>
#include <charconv>
#include <string>

#include "backends/redis/redis_errors.h"
#include "base/duration_text.h"

namespace leptir {
namespace {

// What may stay allocated of a large request.
constexpr std::size_t kKeptBuffer = std::size_t{1} << 20;
// After a failure so many pieces of what the server said before are read, at most.
constexpr int kMostLastLooks = 64;
// The slowest stream that is no standstill.
constexpr Duration kPatiencePerMegabyte = std::chrono::seconds(1);

void appendLength(std::string& to, char kind, std::size_t length) {
  std::array<char, 24> text;
  text[0] = kind;
  auto* end = std::to_chars(text.data() + 1, text.data() + text.size() - 2, length).ptr;
  *end++ = '\r';
  *end++ = '\n';
  to.append(text.data(), end);
}

}  // namespace

void RedisWire::put(std::span<const std::string_view> words) {
  appendLength(outgoing_, '*', words.size());
  for (const auto word : words) {
    appendLength(outgoing_, '$', word.size());
    outgoing_.append(word).append("\r\n");
  }
  ++put_;
}

Result<void> RedisWire::pump() {
  while (unsent() > 0) {
    const auto sent = send();
    if (!sent) return endedBy(sent.error());
    if (*sent > 0) continue;
    // The server may stand still until somebody takes its replies.
    const auto received = receive();
    if (!received) return endedBy(received.error());
    if (*received == 0) return {};
  }
  return {};
}

bool RedisWire::isWorn() {
  assert(awaited() == 0 && unsent() == 0 && "between requests");
  const auto received = receive();
  return !received || *received > 0 || !checkOrder();
}

Result<RedisWire::End> RedisWire::collect(Duration patience, Wake* wake) {
  auto deadline = systemClock().bootTime() + patience;
  while (awaited() > 0) {
    const auto before = reader_.count();
    const auto sent = send();
    if (!sent) return endedBy(sent.error());
    const auto received = receive();
    if (!received) return endedBy(received.error());
    if (reader_.count() > before) deadline = systemClock().bootTime() + patience;
    const auto moved = *sent + *received;
    deadline += kPatiencePerMegabyte * static_cast<std::int64_t>(moved) / (1 << 20);
    if (moved > 0) continue;
    if (!pollUntil(deadline, socket_->descriptor(), socket_->events(unsent() > 0), wake ? wake->descriptor() : -1)) {
      if (wake != nullptr) return End::Late;
      return Error(ErrorCode::Unavailable, "no answer within " + durationText(patience));
    }
    if (wake != nullptr && wake->clear()) return End::Woken;
  }
  if (auto inOrder = checkOrder(); !inOrder) return inOrder.error();
  return End::Replied;
}

Error RedisWire::endedBy(const Error& why) {
  for (int i = 0; i < kMostLastLooks; ++i) {
    const auto received = receive();
    if (!received || *received == 0) break;
  }
  const auto said = reader_.take();
  if (said.empty() || !said.back().value().isError()) return why;
  const auto refusal = refusalOf(said.back().value().text());
  // The server's own words are left out: they may repeat a password.
  return refusal.connection == RedisRefusal::Connection::Ends ? Error(refusal.code, std::string(refusal.meaning)) : why;
}

std::vector<RedisReply> RedisWire::take() {
  put_ = 0;
  return reader_.take();
}

Result<std::size_t> RedisWire::send() {
  if (unsent() == 0) return std::size_t{0};
  const auto sent = socket_->send(std::string_view(outgoing_).substr(sent_));
  if (!sent) return sent;
  sent_ += *sent;
  if (unsent() == 0) {
    outgoing_.clear();
    if (outgoing_.capacity() > kKeptBuffer) outgoing_.shrink_to_fit();
    sent_ = 0;
  }
  return sent;
}

Result<std::size_t> RedisWire::receive() {
  std::array<char, 64 * 1024> bytes;
  auto received = socket_->receive(bytes);
  if (!received || *received == 0) return received;
  if (auto fed = reader_.feed({bytes.data(), *received}); !fed) return fed.error();
  return received;
}

Result<void> RedisWire::checkOrder() const {
  if (reader_.count() == put_ && reader_.isBetweenReplies()) return {};
  return Error(ErrorCode::Unavailable, "answers more than it was asked");
}

}  // namespace leptir
