#include "reporters/http_document.h"

namespace leptir::reporters {

std::string httpDocument(const ReportedError& error, const std::string& reportId) {
  auto document = error.data;
  document["report_id"] = reportId;
  document["reported_as"] = error.thrown ? "exception" : "message";
  document["message"] = error.message;
  if (error.thrown) document["exception"] = {{"type", error.thrown->type}, {"message", error.thrown->message}};
  if (error.lostBefore > 0) document["lost_before"] = error.lostBefore;
  return writeJson(document);
}

}  // namespace leptir::reporters
