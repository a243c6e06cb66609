// The reload at a HUP: all of the new configuration takes effect, or none of it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config/config_text.h"
#include "config/descriptor_limit.h"
#include "instance/loaded_config.h"
#include "instance/session_locks.h"
#include "link/link.h"

namespace leptir::instance {

class ConfigReload {
 public:
  // What a reload needs of its instance; all of it outlives the reload.
  struct Context {
    const std::string& instance;  // its name
    const InstanceOptions& options;
    const Program& program;  // as the user gave it
    const config::DescriptorLimit& descriptorLimit;
    SessionLocks& sessionLocks;
    link::Link& link;
  };

  // `current` is exchanged when a reload is committed.
  ConfigReload(LoadedConfig& current, const Context& context) : current_(current), context_(context) {}

  master::ReloadHooks hooks();

  // For workers, which may be forked during a reload: the passwords of the new configuration must not stay in memory.
  LoadedConfig* next() { return next_.get(); }
  void wipeText();

 private:
  bool read();
  int check() const;
  std::optional<master::MasterOptions> prepare();
  std::optional<master::MasterOptions> resize(int workers);
  Result<void> buildNext(const Config& config);
  void commit();
  void log(LogLevel level, const std::string& message) const;

  LoadedConfig& current_;
  const Context context_;
  std::optional<config::ConfigText> text_;  // the new configuration file, during a reload
  std::unique_ptr<LoadedConfig> next_;      // the new configuration, ready to be committed
};

}  // namespace leptir::instance
