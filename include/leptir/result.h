// What every function at a seam answers: a value, or an Error that says what the caller should do next.
// A broker that is down is an ordinary afternoon for a daemon, so errors are values there; exceptions are for users'
// tasks only.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace leptir {

// Named by what the caller should do.
enum class ErrorCode {
  Unavailable,  // wait, then try again
  Invalid,      // fix the input
  TooLarge,     // make it smaller
  NotFound,     // there is no such thing
  Lost,         // someone else has it now: drop it
  Corrupt,      // put it aside and have somebody look
  Unsupported,  // this store cannot; ask its traits first
  Internal,     // our bug
};

std::string_view nameOf(ErrorCode code);

// The message is lower case without a final period: where first, then what ("sqlite /var/lib/x.db: not a database").
class Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same error seen from further out: "`where`: message".
  Error in(std::string_view where) const {
    std::string whole(where);
    whole.append(": ").append(message_);
    return Error(code_, std::move(whole));
  }

  friend bool operator==(const Error&, const Error&) = default;

 private:
  ErrorCode code_;
  std::string message_;
};

// A T or an Error. Converts from both, so `return value;` and `return Error(…)` both read well.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  using Base = tl::expected<T, Error>;

 public:
  using Base::Base;
  Result(Base other) : Base(std::move(other)) {}
  Result(Error error) : Base(tl::unexpect, std::move(error)) {}
};

}  // namespace leptir
