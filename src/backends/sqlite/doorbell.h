// How a push in one process ends a waiting pop in another: each waiting session has a datagram socket in the folder
// beside the database, and whoever made a task due sends a byte to each. A bell only says "look"; one that is lost
// costs a wait, never a task.
#pragma once

#include <filesystem>
#include <string>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir {

// The bell of one waiter. One thread; not used across a fork.
class Doorbell {
 public:
  // Hangs a new one into `folder`. Invalid: nothing can be made there.
  static Result<Doorbell> hang(const std::filesystem::path& folder);
  Doorbell(Doorbell&&) = default;
  Doorbell& operator=(Doorbell&&) = delete;
  ~Doorbell();

  // Readable while rung.
  int descriptor() const { return socket_.get(); }
  void clear();

 private:
  Doorbell(UniqueFd folder, UniqueFd socket, std::string name)
      : folder_(std::move(folder)), socket_(std::move(socket)), name_(std::move(name)) {}

  UniqueFd folder_;
  UniqueFd socket_;
  std::string name_;
};

// Rings all bells in a folder, and takes down those whose owner is gone. One thread.
class DoorbellRinger {
 public:
  explicit DoorbellRinger(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Never fails: who cannot be rung looks by itself after a while.
  void ring();

 private:
  std::filesystem::path folder_;
  UniqueFd socket_;
};

}  // namespace leptir
