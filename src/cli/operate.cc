#include "cli/operate.h"

#include <algorithm>

#include "base/exit_code.h"
#include "cli/instances_here.h"
#include "cli/print.h"
#include "cli/read_config.h"
#include "cli/report_error.h"
#include "cli/store_wait.h"

namespace leptir::cli {

int operate(const std::filesystem::path& file, const Program& program,
            const std::function<int(Operations&, const Config&)>& run) {
  const auto config = readConfig(file, program);
  if (!config) return base::kExitConfigError;
  const StoreWait wait;
  Operations::Options options;
  options.onNotice = [](const std::string& notice) { printNoticeLine(notice); };
  options.onOpening = wait.onOpening();
  options.instancesHere = [&file] { return instancesHere(file); };
  auto operations = Operations::open(*config, std::move(options));
  if (!operations) return failStore(operations.error());
  return run(*operations, *config);
}

int printStoreErrors(std::span<const Error> errors) {
  for (const auto& error : errors) printNoticeLine(error.message());
  const bool onlyLimits =
      std::ranges::all_of(errors, [](const Error& error) { return error.code() == ErrorCode::Unsupported; });
  return onlyLimits ? base::kExitDone : base::kExitPartlyDone;
}

int failOperation(std::string_view command, const Error& error) {
  if (error.code() != ErrorCode::Invalid) return fail(error);
  printError("leptir {}: {}", command, error.message());
  return base::kExitUsageError;
}

Json errorsJson(std::span<const Error> errors) {
  Json json = Json::array();
  for (const auto& error : errors) json.push_back(error.message());
  return json;
}

Json timeJson(Time time) {
  return time == Time() ? Json() : Json(unixSeconds(time));
}

}  // namespace leptir::cli
