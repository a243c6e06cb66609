#include "master/master_context.h"

namespace leptir::master {

std::optional<ChildProcess> MasterContext::start(const std::string& name, const std::function<int()>& main) {
  auto child = ChildProcess::start([this, &main] {
    closeInChild();
    return main();
  });
  if (!child) {
    log.error(name + " can't be started. " + child.error().message());
    return std::nullopt;
  }
  processes.addChild(child->pid());
  return std::move(*child);
}

}  // namespace leptir::master
