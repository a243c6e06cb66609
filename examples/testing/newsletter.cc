#include "newsletter.h"

namespace newsletter {
namespace {

using namespace std::chrono_literals;

std::string subjectOf(const Mail& mail) {
  const auto greeting = mail.kind == Kind::Welcome ? "Welcome" : "Are you still there";
  return mail.name ? std::string(greeting) + ", " + *mail.name : greeting;
}

leptir::ExitStatus sendMail(MailServer& server, const Mail& mail, leptir::TaskContext& task) {
  switch (server.send(mail.to, subjectOf(mail))) {
    case MailServer::Answer::Busy:
      return task.retryAfter(30s, "the mail server is busy");
    case MailServer::Answer::NoSuchAddress:
      return task.discard("no such address: " + mail.to);
    case MailServer::Answer::Accepted:
      break;
  }
  task.logInfo("sent to " + mail.to);
  task.addResponseLine("Sent.");
  return leptir::ExitStatus::Success;
}

class ImportTask final : public leptir::BaseTask {
  leptir::ExitStatus doJob() override {
    const auto import = parameters<Import>();
    if (import.batchSize < 1) throw leptir::InputError("batchSize must be at least 1");
    changeState("importing");
    const auto& addresses = import.addresses;
    for (std::size_t done = 0; done < addresses.size(); done += static_cast<std::size_t>(import.batchSize)) {
      if (stopToken().stopRequested()) {
        addResponseLine("Stopped after " + std::to_string(done) + " addresses.");
        return leptir::ExitStatus::Warning;
      }
      progress(static_cast<double>(done) / static_cast<double>(addresses.size()), "importing");
    }
    changeState("imported");
    setResult({{"imported", addresses.size()}});
    return leptir::ExitStatus::Success;
  }
};

}  // namespace

leptir::Result<void> subscribe(leptir::Broker& broker, const std::string& address, std::optional<std::string> name) {
  const auto welcome =
      broker.push("mail.send", Mail{address, Kind::Welcome, name}, {.maxAttempts = 3, .id = "welcome-" + address});
  if (!welcome) return welcome.error();
  const auto reminder = broker.push("mail.send", Mail{address, Kind::Reminder, name},
                                    {.delay = 24h * 7, .maxAttempts = 3, .id = "reminder-" + address});
  if (!reminder) return reminder.error();
  return {};
}

void addTasks(leptir::TaskRegistry& tasks, std::shared_ptr<MailServer> server) {
  tasks.add<Mail>("mail.send",
                  [server](const Mail& mail, leptir::TaskContext& task) { return sendMail(*server, mail, task); });
  tasks.add<ImportTask>("addresses.import");
}

}  // namespace newsletter
