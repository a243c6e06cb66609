#include "master/children.h"

#include <unistd.h>

namespace leptir {

std::string MasterLog::prefix() {
  return "[" + std::to_string(::getpid()) + "](:MASTER:) ";
}

std::optional<ChildProcess> Children::start(const std::string& name, std::function<int()> main) {
  auto child = ChildProcess::start([this, &main] {
    closeInChild();
    return main();
  });
  if (!child) {
    log.error(name + " can't be started. " + child.error().message());
    return std::nullopt;
  }
  pids.insert(child->pid());
  return std::move(*child);
}

}  // namespace leptir
