// The application of this example: people subscribe to a newsletter, and get a welcome at once and a reminder later.
// Mails are sent by tasks. newsletter_test.cc tests all of it without a mail server, a store or a wait.
#pragma once

#include <leptir/base_task.h>
#include <leptir/broker.h>
#include <leptir/program.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace newsletter {

enum class Kind { Welcome, Reminder };
LEPTIR_ENUM(Kind, {Kind::Welcome, "welcome"}, {Kind::Reminder, "reminder"})

// The parameters of the task mail.send.
struct Mail {
  std::string to;
  Kind kind = Kind::Welcome;
  std::optional<std::string> name{};  // of the reader
};
LEPTIR_PARAMETERS(Mail, to, kind, name)

// The parameters of the task addresses.import.
struct Import {
  std::vector<std::string> addresses;
  int batchSize = 100;
};
LEPTIR_PARAMETERS(Import, addresses, optional(batchSize))

// The mail server, as the tasks see it.
class MailServer {
 public:
  enum class Answer { Accepted, Busy, NoSuchAddress };
  virtual ~MailServer() = default;
  virtual Answer send(const std::string& to, const std::string& subject) = 0;
};

// What the web server calls. Returns the error of the first push that failed; a repeated call adds no mail twice.
leptir::Result<void> subscribe(leptir::Broker& broker, const std::string& address,
                               std::optional<std::string> name = {});

// Adds the tasks mail.send and addresses.import.
void addTasks(leptir::TaskRegistry& tasks, std::shared_ptr<MailServer> server);

}  // namespace newsletter
