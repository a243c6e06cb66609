// Result: the return type of functions that can fail. It holds a value, or an Error whose code says what the caller
// should do next. A daemon must expect that a broker is down, so leptir returns errors as values; only users' tasks
// throw exceptions.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace leptir {

// Classifies errors by what the caller should do.
enum class ErrorCode {
  Unavailable,  // wait, then try again
  Invalid,      // correct the input or the configuration
  TooLarge,     // make the input smaller
  NotFound,     // the requested object does not exist
  Lost,         // another session has the task or session now: stop using it
  Corrupt,      // the data is damaged: put it aside for an operator
  Unsupported,  // this store lacks the operation; check its traits first
  TimedOut,     // not over within the time that the caller gave: wait again, or look later
  TaskFailed,   // a task ended without success: its record says why
  Internal,     // a bug in leptir: report it
};

std::string_view nameOf(ErrorCode code);

// An error. Its message is in lower case without a final period, and says first where and then what happened
// ("sqlite /var/lib/x.db: not a database").
class Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same error with `where` in front of its message: "where: message". Callers add the place that they know.
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

// Holds a T or an Error. Both convert to it, so a function can `return value;` or `return Error(…);`.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  using Base = tl::expected<T, Error>;

 public:
  using Base::Base;
  Result(Base other) : Base(std::move(other)) {}
  Result(Error error) : Base(tl::unexpect, std::move(error)) {}
};

}  // namespace leptir
