// leptir tasks
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "base/escape.h"
#include "base/nearest_word.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/print.h"
#include "cli/record_text.h"
#include "config/assemble.h"

namespace leptir::cli {
namespace {

void printRecords(const std::vector<Json>& records) {
  printLine("{:<19}  {:<36}  {:<24}  {:<12}  {:>7}  {:>9}  {}", "began (UTC)", "id", "name", "outcome", "attempt",
            "took", "response");
  for (const auto& record : records) printLine("{}", recordLine(record));
}

void printJson(const std::vector<Json>& records) {
  for (const auto& record : records) std::cout << jsonForOutput(record) << '\n';
  std::cout << std::flush;
}

bool isCauseOfLeptir(const std::string& cause) {
  return std::ranges::count(causeWords(), cause) > 0;
}

// A task may write any cause into its record (getAdditionalMetaInfo), so an unknown --cause is an error only if no
// record has it.
int printUnknownCause(const std::string& cause) {
  const auto known = causeWords();
  auto hint = base::didYouMean(cause, known);
  hint = hint.empty() ? fmt::format("; the causes are {}", fmt::join(known, " ")) : ": " + hint;
  printError("leptir tasks: no record has the cause {}{}", base::inQuotes(cause), hint);
  return base::kExitUsageError;
}

void printHintForName(const std::string& name, const Config& config, const Program& program) {
  auto names = program.tasks.names();
  for (const auto& [ofProgram, spec] : config.programs) names.push_back(ofProgram);
  if (std::ranges::count(names, name) > 0) return;
  const std::vector<std::string_view> known(names.begin(), names.end());
  const auto hint = base::didYouMean(name, known);
  printError("leptir tasks: no record has the task name {}{}", base::inQuotes(name), hint.empty() ? hint : ": " + hint);
}

int printNoRecordsYet(const TasksCommand& command, const Error& why) {
  if (!command.json) printRecords({});
  printError("leptir tasks: no records yet: {}", why.message());
  return base::kExitDone;
}

}  // namespace

int runCommand(const TasksCommand& command, const Program& program) {
  const auto config = readConfig(command.config, program);
  if (!config) return base::kExitConfigError;
  warnIfNotRecorded(*config);
  if (config->metaStorages.empty()) return base::kExitPartlyDone;
  auto storage = config::Stores(*config).openMetaStorage(MetaUse::Inspect);
  if (!storage) return failStore(storage.error());
  const auto listing =
      storage->listMetaInfo({.name = command.name, .cause = command.cause}, {.offset = 0, .limit = command.limit});
  if (!listing && listing.error().code() == ErrorCode::NotFound) return printNoRecordsYet(command, listing.error());
  if (!listing && listing.error().code() == ErrorCode::Unsupported) return fail(listing.error());
  if (!listing) return failStore(listing.error());
  const auto& records = listing->records;
  if (records.empty() && !command.cause.empty() && !isCauseOfLeptir(command.cause))
    return printUnknownCause(command.cause);
  if (records.empty() && !command.name.empty()) printHintForName(command.name, *config, program);
  if (command.json) {
    printJson(records);
    return base::kExitDone;
  }
  printRecords(records);
  std::cout << std::flush;
  if (!listing->listsSuccesses)
    printError(
        "This meta storage lists only tasks that leptir ran and that did not succeed, and no tasks that PHP ran; "
        "'leptir info ID' shows the record of any task.");
  return base::kExitDone;
}

}  // namespace leptir::cli
