// ReportCell: the slot of the error reports, in which one report at a time is passed to the process of the reporters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "leptir/clock.h"
#include "leptir/outcome.h"
#include "leptir/result.h"
#include "link/link.h"

namespace leptir::dispatcher {

// How the report in the cell ended.
struct ReportEnd {
  std::string reporter;  // its name
  std::string id;        // of the task that the report is about; may be empty
  std::string failure;   // why the report is lost; empty: the reporter took it
};

// Used by the main thread of the dispatcher.
class ReportCell {
 public:
  // Finds a report that an earlier dispatcher assigned. Both must outlive the object; the link has a report slot.
  ReportCell(link::Link& link, const Clock& clock);

  bool isFree() const { return !used_; }
  // On a free cell: passes a report to a reporter. `call` is the JSON text of report::reporterCallOf. TooLarge: it does
  // not fit, and the cell stays free.
  Result<void> assign(const std::string& reporter, const std::string& id, std::string call, Duration timeLimit);
  // Whether takeEnd would return a value. Costs one load.
  bool hasEnded() const;
  // Once the report has ended in any way: how, and frees the cell.
  std::optional<ReportEnd> takeEnd();

 private:
  link::Slot& slot() const { return link_.slot(link::kReportSlot); }
  std::string failureIn(link::CellWord word) const;
  void adopt();
  void free();

  link::Link& link_;
  const Clock& clock_;
  std::optional<std::size_t> used_;
  std::size_t next_ = 0;  // the cell that the next assign() uses: the worker takes reports from the cells in turn
  std::uint64_t sequence_ = 0;
};

}  // namespace leptir::dispatcher
