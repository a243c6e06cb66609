#include "backends/redis/redis_wire.h"

#include <array>
#include <cassert>
#include <charconv>
#include <string>

#include "backends/redis/redis_errors.h"
#include "base/duration_text.h"

namespace leptir::redis {
namespace {

// The output buffer that stays allocated after a large request.
constexpr std::size_t kKeptSendBuffer = std::size_t{1} << 20;
// After a failure, at most so many more reads for what the server had said before.
constexpr int kMaxReadsAfterFailure = 64;
// A stream that moves at least 1 MiB in this time is not given up.
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
  ++commandCount_;
}

Result<void> RedisWire::pump() {
  while (unsent() > 0) {
    const auto sent = send();
    if (!sent) return endReason(sent.error());
    if (*sent > 0) continue;
    // The server may have stopped reading until its replies are read.
    const auto received = receive();
    if (!received) return endReason(received.error());
    if (*received == 0) return {};
  }
  return {};
}

bool RedisWire::isUnusable() {
  assert(missingReplies() == 0 && unsent() == 0 && "between requests");
  const auto received = receive();
  return !received || *received > 0 || !checkNoExtraReplies();
}

Result<RedisWire::End> RedisWire::collect(Duration patience, Wake* wake) {
  auto deadline = systemClock().bootTime() + patience;
  while (missingReplies() > 0) {
    const auto before = reader_.count();
    const auto sent = send();
    if (!sent) return endReason(sent.error());
    const auto received = receive();
    if (!received) return endReason(received.error());
    if (reader_.count() > before) deadline = systemClock().bootTime() + patience;
    const auto moved = *sent + *received;
    deadline += kPatiencePerMegabyte * static_cast<std::int64_t>(moved) / (1 << 20);
    if (moved > 0) continue;
    if (!pollUntil(deadline, socket_->descriptor(), socket_->events(unsent() > 0), wake ? wake->descriptor() : -1)) {
      if (wake != nullptr) return End::TimedOut;
      return Error(ErrorCode::Unavailable, "no answer within " + base::durationText(patience));
    }
    if (wake != nullptr && wake->clear()) return End::Woken;
  }
  if (auto inOrder = checkNoExtraReplies(); !inOrder) return inOrder.error();
  return End::Replied;
}

Error RedisWire::endReason(const Error& why) {
  for (int i = 0; i < kMaxReadsAfterFailure; ++i) {
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
  commandCount_ = 0;
  return reader_.take();
}

Result<std::size_t> RedisWire::send() {
  if (unsent() == 0) return std::size_t{0};
  const auto sent = socket_->send(std::string_view(outgoing_).substr(sent_));
  if (!sent) return sent;
  sent_ += *sent;
  if (unsent() == 0) {
    outgoing_.clear();
    if (outgoing_.capacity() > kKeptSendBuffer) outgoing_.shrink_to_fit();
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

Result<void> RedisWire::checkNoExtraReplies() const {
  if (reader_.count() == commandCount_ && reader_.isBetweenReplies()) return {};
  return Error(ErrorCode::Unavailable, "sent more replies than it was asked for");
}

}  // namespace leptir::redis
