#include "tests/support/sqs_server.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>

#include "tests/support/http_client.h"
#include "tests/support/server_loan.h"
#include "tests/support/wait_until.h"

namespace leptir {
namespace {

namespace fs = std::filesystem;

// The folder that tools/setup-sqs has filled.
fs::path emulatorFolder() {
  const char* const told = std::getenv("LEPTIR_TEST_SQS_SERVER");
  const fs::path folder = told != nullptr && *told != '\0' ? told : LEPTIR_SQS_SERVER;
  if (!fs::exists(folder / "ready"))
    throw std::runtime_error("no emulator of Amazon SQS in " + folder.string() + ": run tools/setup-sqs");
  return folder;
}

// The port that the emulator has written into its log since `begin`; 0: not yet.
int portIn(const std::string& log, std::size_t begin) {
  constexpr std::string_view kWords = "listening on ";
  const auto place = log.find(kWords, begin);
  if (place == std::string::npos || log.find('\n', place) == std::string::npos) return 0;
  return std::stoi(log.substr(place + kWords.size()));
}

}  // namespace

SqsServer::SqsServer(const Options& options) : options_(options) {
  if (options.time != Time::Machine) openClock(folder_ / "clock");
  start();
}

SqsServer::SqsServer(std::unique_ptr<ServerLoan> loan)
    : options_{.time = Time(loan->offer.at("time").get<int>())},
      loan_(std::move(loan)),
      port_(loan_->offer.at("port").get<int>()) {
  if (options_.time != Time::Machine) openClock(loan_->offer.at("clock").get<std::string>());
  resetClock();
}

SqsServer::~SqsServer() = default;

void SqsServer::openClock(const fs::path& file) {
  clock_.emplace(file, options_.time == Time::Manual ? ShiftedPage::Clock::StandsAtTheStart : ShiftedPage::Clock::Runs);
}

ServerProcess& SqsServer::ours() {
  if (loan_) throw std::logic_error("this server is not the test's own: other tests use it");
  return process_;
}

void SqsServer::start() {
  const auto folder = emulatorFolder();
  ServerProgram program{{folder / "node/node", "--no-warnings", LEPTIR_SQS_EMULATOR, folder, std::to_string(port_)},
                        folder_ / "sqs.log"};
  if (options_.memory == Memory::Durable) program.words.push_back(folder_ / "data");
  if (clock_) program.variables = clock_->variables();
  const auto before = log().size();
  ours().start(program);
  waitUntil([&] { return (port_ = portIn(log(), before)) != 0 || process_.hasEnded(); });
  if (port_ == 0) throw std::runtime_error("the emulator of Amazon SQS does not start: " + log());
}

Json SqsServer::post(const std::string& path, const std::string& action, const Json& body) {
  // The emulator takes the region of a new queue from the header; it does not look at the signature.
  const std::string scope = "Credential=leptir/20260101/us-east-1/sqs/aws4_request";
  HttpClient client(port_);
  const auto reply = client.ask(
      httpPost("127.0.0.1:" + std::to_string(port_),
               {"Content-Type: application/x-amz-json-1.0", "X-Amz-Target: AmazonSQS." + action,
                "Authorization: AWS4-HMAC-SHA256 " + scope + ", SignedHeaders=host, Signature=0", "Connection: close"},
               body.dump(), path));
  if (!reply) throw std::runtime_error("the emulator of Amazon SQS does not answer");
  if (reply->status != 200) throw std::runtime_error(action + ": " + reply->body);
  return reply->body.empty() ? Json::object() : Json::parse(reply->body);
}

Json SqsServer::ask(const std::string& action, const Json& request) {
  return post("/", action, request);
}

std::string SqsServer::createQueue(const std::string& name, const std::string& attributes) {
  return ask("CreateQueue", {{"QueueName", name}, {"Attributes", Json::parse(attributes)}}).at("QueueUrl");
}

void SqsServer::deleteQueue(const std::string& name) {
  ask("DeleteQueue", {{"QueueUrl", queueAddress(name)}});
}

void SqsServer::advance(Duration by) {
  if (!clock_) throw std::logic_error("this server has the machine's clock");
  clock_->advance(by);
}

void SqsServer::resetClock() {
  if (!clock_) return;
  clock_->startOver();
  clock_->returnToMachine();
}

void SqsServer::limitVisibility(Duration limit) {
  post("/longest-visibility", "", {{"seconds", std::chrono::duration<double>(limit).count()}});
}

SqsTestQueue::SqsTestQueue(SqsServer& server, const std::string& attributes) : server_(server) {
  static std::atomic<int> number{0};
  name_ = "leptir_test_" + std::to_string(::getpid()) + "_" + std::to_string(++number);
  server_.createQueue(name_, attributes);
}

SqsTestQueue::~SqsTestQueue() {
  try {
    server_.deleteQueue(name_);
  } catch (const std::runtime_error&) {  // the server does not run any more, or the test has deleted the queue
  }
}

Json SqsTestQueue::ask(const std::string& action, Json request) {
  request["QueueUrl"] = address();
  return server_.ask(action, request);
}

}  // namespace leptir
