// For tests: a document with the types and values of its fields, as libbson writes them.
#pragma once

#include <string>

#include "backends/mongodb/bson.h"

namespace leptir::mongodb {

inline std::string canonicalExtendedJson(const Document& document) {
  char* const json = ::bson_as_canonical_extended_json(document.get(), nullptr);
  std::string copied(json);
  ::bson_free(json);
  return copied;
}

}  // namespace leptir::mongodb
