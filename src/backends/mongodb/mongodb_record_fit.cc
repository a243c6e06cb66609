#include "backends/mongodb/mongodb_record_fit.h"

#include <algorithm>
#include <array>

#include "backends/mongodb/record_document.h"
#include "base/utf8.h"
#include "leptir/json.h"

namespace leptir::mongodb {
namespace {

// A response is not cut below this: its beginning says what happened.
constexpr std::size_t kMinResponseBytes = 64 * 1024;
constexpr std::string_view kCutNotice = " [The record was cut here: it was too large for MongoDB.]";

// By how much the response may be cut.
std::size_t removableResponseBytes(const MetaInfo& info) {
  return info.response.size() - std::min(info.response.size(), kMinResponseBytes);
}

void cutResponse(MetaInfo& info, std::size_t bytes) {
  info.response.resize(base::utf8Prefix(info.response, info.response.size() - bytes).size());
}

// A part of a record that can be left out.
struct Part {
  std::string_view name;
  std::size_t (*size)(const MetaInfo&);
  void (*leaveOut)(MetaInfo&);
};

template <class List>
std::size_t sizeOf(const List& texts) {
  std::size_t size = 0;
  for (const auto& text : texts) size += text.size();
  return size;
}

constexpr std::array kOmittableRecordParts{
    Part{"envelope", [](const MetaInfo& info) { return info.envelope.size(); },
         [](MetaInfo& info) { info.envelope.clear(); }},
    Part{"additional fields", [](const MetaInfo& info) { return info.additional.size(); },
         [](MetaInfo& info) { info.additional.clear(); }},
    Part{"result", [](const MetaInfo& info) { return info.result.size(); },
         [](MetaInfo& info) { info.result.clear(); }},
    Part{"stderr", [](const MetaInfo& info) { return info.stderrTail.size(); },
         [](MetaInfo& info) { info.stderrTail.clear(); }},
    Part{"flow", [](const MetaInfo& info) { return sizeOf(info.flow); }, [](MetaInfo& info) { info.flow.clear(); }},
    Part{"stack", [](const MetaInfo& info) { return sizeOf(info.stack); }, [](MetaInfo& info) { info.stack.clear(); }},
};

const Part& largestPart(const MetaInfo& info) {
  return *std::ranges::max_element(kOmittableRecordParts, {}, [&](const Part& part) { return part.size(info); });
}

// Looks for the form of one record that fits.
class RecordShortener {
 public:
  RecordShortener(const MetaInfo& info, Time saved, std::optional<Time> expires, std::size_t maxBytes)
      : info_(info), saved_(saved), expires_(expires), maxBytes_(maxBytes) {}

  Document find() {
    while (const auto tooMuch = excess()) {
      if (!shorten(tooMuch)) break;
    }
    return encoded();
  }

 private:
  // Cuts the response if that is enough, else leaves a part out. (Text that is not UTF-8 grows when it is encoded, so
  // that of a response without other parts only half is cut at once.) False: nothing is left to shorten.
  bool shorten(std::size_t excess) {
    const auto spare = removableResponseBytes(info_);
    if (spare >= excess) {
      cutResponse(info_, excess);
    } else if (!leaveOut(largestPart(info_))) {
      if (spare == 0) return false;
      cutResponse(info_, (spare + 1) / 2);
    }
    return true;
  }
  bool leaveOut(const Part& part) {
    if (part.size(info_) == 0) return false;
    part.leaveOut(info_);
    leftOut_ += (leftOut_.empty() ? " [Left out: " : ", ") + std::string(part.name);
    return true;
  }
  Document encoded() const {
    auto noted = info_;
    noted.response += kCutNotice;
    if (!leftOut_.empty()) noted.response += leftOut_ + ".]";
    return recordDocument(noted, saved_, expires_);
  }
  std::size_t excess() const {
    const auto bytes = encoded().bytes();
    return bytes - std::min(bytes, maxBytes_);
  }

  MetaInfo info_;
  Time saved_;
  std::optional<Time> expires_;
  std::size_t maxBytes_;
  std::string leftOut_;
};

}  // namespace

Document fittingRecordDocument(const MetaInfo& info, Time saved, std::optional<Time> expires, std::size_t maxBytes) {
  auto document = recordDocument(info, saved, expires);
  if (document.bytes() <= maxBytes) return document;
  return RecordShortener(info, saved, expires, maxBytes).find();
}

MetaInfo withJsonAsText(MetaInfo info) {
  if (!info.additional.empty()) info.additional = writeJson(Json{{"additional", info.additional}});
  if (!info.result.empty()) info.result = writeJson(Json(info.result));
  return info;
}

}  // namespace leptir::mongodb
