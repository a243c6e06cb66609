// A document that libmongoc fills in.
#pragma once

#include <bson/bson.h>

#include "backends/mongodb/bson.h"

namespace leptir::mongodb {

// Destroys what one function of libmongoc wrote to out(), which initializes it in any case.
class MongocReply {
 public:
  MongocReply() = default;
  ~MongocReply() { bson_destroy(&bson_); }
  MongocReply(const MongocReply&) = delete;
  MongocReply& operator=(const MongocReply&) = delete;

  bson_t* out() { return &bson_; }
  DocumentView view() const { return DocumentView(&bson_); }
  Document copy() const { return Document(bson_); }

 private:
  bson_t bson_ = BSON_INITIALIZER;
};

}  // namespace leptir::mongodb
