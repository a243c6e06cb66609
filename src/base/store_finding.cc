#include "leptir/spi/store_finding.h"

namespace leptir {

StoreExamination examinationOf(const std::vector<std::string>& warnings) {
  StoreExamination examination{.looked = warnings.size()};
  for (const auto& warning : warnings) examination.add(FindingSeverity::Warning, "store", warning, "");
  return examination;
}

}  // namespace leptir
