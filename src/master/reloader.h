// A HUP on its way: the new configuration is looked at in a child, then prepared, then the dispatcher hands over, and
// with none running everything is changed at once. The master's part of it is only when; what a configuration is, the
// hooks know.
#pragma once

#include <functional>
#include <optional>

#include "master/child_process.h"
#include "master/children.h"
#include "master/death_certificate.h"
#include "master/master.h"

namespace leptir {

class Reloader {
 public:
  Reloader(Children& children, const ReloadHooks& hooks) : children_(children), hooks_(hooks) {}

  // A HUP: begins to check, or will do it again when it is at it already.
  void request(BootTime now);
  // Ends a check that takes too long.
  void tick(BootTime now);
  // A child was reaped; false: it was not the check.
  bool reaped(const DeathCertificate& death);
  // Once for each check that found nothing wrong.
  bool takeChecked() { return std::exchange(checked_, false); }
  // The change is made, or given up: a HUP that came meanwhile is next.
  void finished(BootTime now);

  void closeInChild();

 private:
  void begin(BootTime now);

  Children& children_;
  const ReloadHooks& hooks_;
  std::optional<ChildProcess> check_;
  BootTime checkUntil_{};
  bool busy_ = false;  // from a HUP until it is finished
  bool again_ = false;
  bool checked_ = false;
};

}  // namespace leptir
