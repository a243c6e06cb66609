// The fixture for tests of error reports on their way to the process of the reporters, which the test plays.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dispatcher/error_reports.h"
#include "task/envelope.h"
#include "task/outcome_codec.h"
#include "tests/support/temp_dir.h"

namespace leptir::dispatcher {

inline report::ErrorReport failed(const std::string& response) {
  return {.kind = report::ErrorKind::Error,
          .id = "id-" + response,
          .name = "mail",
          .response = response,
          .envelope = R"({"td":{"parameters":{"token":"t","iban":"i","n":1}}})"};
}

class ErrorReportsTest : public ::testing::Test {
 protected:
  ErrorReportsTest() {
    EXPECT_TRUE(link->addReportSlot());
    board->setErrorReportsEnabled(true);
    start();
  }

  // As a dispatcher that replaces another one.
  void start() { reports = std::make_unique<ErrorReports>(reporters, *link, *board, logger, clock); }

  void add(report::ErrorReport report) {
    std::vector<report::ErrorReport> list;
    list.push_back(std::move(report));
    reports->add(std::move(list));
  }
  void add(const std::string& response) { add(failed(response)); }

  // The report that the process of the reporters finds assigned.
  struct Found {
    std::size_t cell = link::kCells;
    task::TaskCall call{};
    Json parameters() const { return Json::parse(call.parameters); }
  };
  std::optional<Found> assigned() {
    for (std::size_t cell = 0; cell < link::kCells; ++cell) {
      if (slot().word(cell).state == link::CellState::Assigned)
        return Found{cell, task::decodeTaskCall(slot().assignments().envelope(cell)).value()};
    }
    return std::nullopt;
  }
  void move(std::size_t cell, link::CellState state, link::StopReason reason = link::StopReason::None) {
    ASSERT_TRUE(slot().change(cell, slot().word(cell), slot().word(cell).to(state, reason)));
  }
  void finish(std::size_t cell, const Outcome& outcome = {.status = ExitStatus::Success}) {
    move(cell, link::CellState::Executing);
    std::string bytes;
    task::encodeOutcome(outcome, bytes);
    slot().outcomes().beginRun(cell, clock.bootTime());
    ASSERT_TRUE(slot().outcomes().write(cell, bytes));
    move(cell, link::CellState::Done);
  }
  void die(std::size_t cell, const link::Verdict& verdict) {
    move(cell, link::CellState::Stopping, verdict.reason);
    slot().verdicts().write(cell, verdict);
    move(cell, link::CellState::Died, verdict.reason);
  }
  // Lets the reporters take all reports that wait. Returns the names of the reporters and the ids of the tasks.
  std::vector<std::string> takeAll() {
    std::vector<std::string> taken;
    for (reports->turn(true); const auto found = assigned(); reports->turn(true)) {
      taken.push_back(found->call.name + ":" + found->call.id);
      finish(found->cell);
    }
    return taken;
  }
  link::BoardErrorReports counts() { return board->snapshot(clock).errorReports.value(); }
  std::string log() { return readWholeFile(logFile); }
  link::Slot& slot() { return link->slot(link::kReportSlot); }

  TempDir folder;
  std::string logFile = (folder / "log").string();
  Logger logger = Logger::open({{"test", LogSinkConfig::Type::File, logFile}}).value();
  ManualClock clock;
  std::unique_ptr<link::Link> link = link::Link::create(1).value();
  std::unique_ptr<link::StatusBoard> board = link::StatusBoard::inMemory(1, clock);
  std::vector<ReporterSettings> reporters{
      {.name = "A", .timeLimit = std::chrono::seconds(3), .redaction = report::Redaction({"iban"})}, {.name = "B"}};
  std::unique_ptr<ErrorReports> reports;
};

}  // namespace leptir::dispatcher
