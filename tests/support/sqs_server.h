// For tests: a real emulator of Amazon SQS on a port of its own of 127.0.0.1; it ends with the object.
#pragma once

#include <memory>
#include <string>

namespace leptir {

class SqsServer {
 public:
  // How long a process may take to start is the emulator's matter: the constructor returns once it answers, and throws
  // with the emulator's own words if it does not.
  SqsServer();
  ~SqsServer();
  SqsServer(const SqsServer&) = delete;
  SqsServer& operator=(const SqsServer&) = delete;

  int port() const;
  std::string endpoint() const;  // http://127.0.0.1:PORT
  // Makes an empty queue; `attributes` is a JSON object as of CreateQueue. Returns its address.
  std::string createQueue(const std::string& name, const std::string& attributes = "{}");
  void deleteQueue(const std::string& name);

  // Stops the process at once (SIGKILL), and starts one on the same port. Its queues are gone then, unless the emulator
  // keeps them.
  void kill();
  void restart();

 private:
  class Process;
  std::unique_ptr<Process> process_;
};

}  // namespace leptir
