// How bad a finding of `leptir doctor` is.
#pragma once

namespace leptir {

enum class FindingSeverity {
  Problem,  // tasks are lost, or do not run, now or at the next failure
  Warning,  // it will hurt if it goes on
  Note,     // worth knowing; nothing has to be done
};

}  // namespace leptir
