// A view as libbson's and libmongoc's functions read documents.
#pragma once

#include <bson/bson.h>

#include "backends/mongodb/bson.h"

namespace leptir::mongodb {

// Owns nothing: the document must outlive it. It cannot be copied, since it holds a pointer into itself. Bytes that are
// no document become an empty one.
class StaticBson {
 public:
  explicit StaticBson(DocumentView view) {
    const bool isDocument = view.data() != nullptr && bson_init_static(&bson_, view.data(), view.bytes());
    if (!isDocument) bson_init(&bson_);
  }
  StaticBson(const StaticBson&) = delete;
  StaticBson& operator=(const StaticBson&) = delete;
  const bson_t* get() const { return &bson_; }

 private:
  bson_t bson_;
};

}  // namespace leptir::mongodb
