// How a push in one process ends a waiting pop in another: each session that may wait has a datagram socket in the
// folder beside the database, and a process that made a task due sends a byte to every socket. The byte only says that
// a task may be due: if it is lost, the pop waits until its timeout, and no task is lost.
#pragma once

#include <filesystem>
#include <string>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir::sqlite {

// The socket of one session that may wait. One thread; not used across a fork.
class Doorbell {
 public:
  // Makes a new socket in `folder`. Unavailable: it cannot be made there. Invalid: /proc is not mounted.
  static Result<Doorbell> create(const std::filesystem::path& folder);
  Doorbell(Doorbell&&) = default;
  Doorbell& operator=(Doorbell&&) = delete;
  ~Doorbell();

  // Readable from a ring until clear().
  int descriptor() const { return socket_.get(); }
  // Returns whether it was rung.
  bool clear();

 private:
  Doorbell(base::UniqueFd folder, base::UniqueFd socket, std::string name)
      : folder_(std::move(folder)), socket_(std::move(socket)), name_(std::move(name)) {}

  base::UniqueFd folder_;
  base::UniqueFd socket_;
  std::string name_;
};

// Rings all doorbells in a folder and removes those of dead processes. One thread.
class DoorbellRinger {
 public:
  explicit DoorbellRinger(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Never fails: a session that could not be rung looks for due tasks when its wait times out.
  void ring();

 private:
  std::filesystem::path folder_;
  base::UniqueFd socket_;
};

}  // namespace leptir::sqlite
