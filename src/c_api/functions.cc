// The functions of leptir/c.h.
#include <vector>

#include "c_api/arguments.h"
#include "c_api/last_error.h"
#include "leptir/config.h"
#include "leptir/version.h"

using namespace leptir;

struct leptir_broker {
  Broker broker;
};

namespace {

Result<void> openBrokerHandle(const char* configFile, leptir_broker** broker) {
  if (broker == nullptr) return c_api::nullArgument("broker");
  *broker = nullptr;
  const auto config = configFile != nullptr ? loadConfig(configFile) : defaultConfig();
  if (!config) return config.error();
  auto opened = openBroker(*config);
  if (!opened) return opened.error();
  *broker = new leptir_broker{std::move(*opened)};
  return {};
}

Result<void> pushOne(leptir_broker* broker, const leptir_task& task, char* id) {
  c_api::copyId("", id);
  if (broker == nullptr) return c_api::nullArgument("broker");
  auto converted = c_api::toTask(task);
  if (!converted) return converted.error();
  const auto pushed = broker->broker.pushTask(std::move(*converted));
  if (!pushed) return pushed.error();
  c_api::copyId(*pushed, id);
  return {};
}

Result<std::vector<TaskToPush>> toTasks(const leptir_task* tasks, std::size_t count) {
  std::vector<TaskToPush> converted;
  converted.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto task = c_api::toTask(tasks[i]);
    if (!task) return task.error().in("task " + std::to_string(i) + " of " + std::to_string(count));
    converted.push_back(std::move(*task));
  }
  return converted;
}

Result<void> pushMany(leptir_broker* broker, const leptir_task* tasks, std::size_t count, char (*ids)[LEPTIR_ID_SIZE]) {
  if (broker == nullptr) return c_api::nullArgument("broker");
  if (tasks == nullptr && count > 0) return c_api::nullArgument("tasks");
  for (std::size_t i = 0; ids != nullptr && i < count; ++i) c_api::copyId("", ids[i]);
  const auto converted = toTasks(tasks, count);
  if (!converted) return converted.error();
  const auto pushed = broker->broker.pushTasks(*converted);
  if (!pushed) return pushed.error();
  for (std::size_t i = 0; ids != nullptr && i < count; ++i) c_api::copyId((*pushed)[i], ids[i]);
  return {};
}

Result<void> waitFor(leptir_broker* broker, const char* id, double timeout, char** record) {
  if (record == nullptr) return c_api::nullArgument("record");
  *record = nullptr;
  if (broker == nullptr) return c_api::nullArgument("broker");
  if (id == nullptr) return c_api::nullArgument("id");
  const auto duration = c_api::toDuration(timeout, "timeout");
  if (!duration) return duration.error();
  const auto found = broker->broker.wait(id, *duration);
  if (!found) return found.error();
  *record = c_api::copyText(writeJson(*found));
  return {};
}

}  // namespace

extern "C" {

leptir_code leptir_open(const char* config_file, leptir_broker** broker) {
  return c_api::guarded([&] { return openBrokerHandle(config_file, broker); });
}

leptir_code leptir_push(leptir_broker* broker, const char* name, const char* parameters,
                        const leptir_push_options* options, char* id) {
  return c_api::guarded([&] { return pushOne(broker, {name, parameters, options}, id); });
}

leptir_code leptir_push_many(leptir_broker* broker, const leptir_task* tasks, size_t count,
                             char (*ids)[LEPTIR_ID_SIZE]) {
  return c_api::guarded([&] { return pushMany(broker, tasks, count, ids); });
}

leptir_code leptir_wait(leptir_broker* broker, const char* id, double timeout, char** record) {
  return c_api::guarded([&] { return waitFor(broker, id, timeout, record); });
}

void leptir_free(char* text) {
  delete[] text;
}

const char* leptir_error_text(void) {
  return c_api::lastErrorText();
}

void leptir_close(leptir_broker* broker) {
  delete broker;
}

const char* leptir_version(void) {
  return kVersion.data();
}

}  // extern "C"
