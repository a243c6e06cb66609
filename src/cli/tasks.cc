// leptir tasks
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "cli/commands.h"
#include "cli/record_text.h"

namespace leptir {
namespace {

void printTable(const std::vector<Json>& records) {
  fmt::print("{:<19}  {:<36}  {:<24}  {:<12}  {:>7}  {:>9}  {}\n", "began (UTC)", "id", "name", "outcome", "attempt",
             "took", "response");
  for (const auto& record : records) fmt::print("{}\n", recordLine(record));
}

void printJson(const std::vector<Json>& records) {
  for (const auto& record : records) std::cout << record.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  std::cout << std::flush;
}

bool knowsSuccesses(const MetaStorage& storage) {
  const auto& all = storage.storages();
  const auto lister = std::ranges::find_if(all, [](const auto& entry) { return entry.storage->traits().lists; });
  return lister == all.end() || lister->storage->traits().listsSuccesses;
}

}  // namespace

int runCommand(const TasksCommand& command, const Program&) {
  const auto config = readConfig(command.config);
  if (!config) return kConfiguration;
  auto storage = openMetaStorage(*config);
  if (!storage) return failStore(storage.error());
  const auto records =
      storage->listMetaInfo({.name = command.name, .cause = command.cause}, {.offset = 0, .limit = command.limit});
  if (!records) return fail(records.error());
  if (command.json) {
    printJson(*records);
    return kDone;
  }
  printTable(*records);
  std::cout << std::flush;
  if (!knowsSuccesses(*storage))
    std::cerr << "This storage lists only tasks that did not succeed; 'leptir info ID' shows any.\n";
  return kDone;
}

}  // namespace leptir
