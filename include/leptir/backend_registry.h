// BackendRegistry: a program's own backends, for stores that leptir does not know. leptir/spi/backend.h says what a
// backend implements.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace leptir {

class Backend;  // leptir/spi/backend.h

// Makes a backend. It is called any number of times, in each process that reads the configuration or opens stores, so
// the objects of one type must not rely on sharing anything; it should neither open nor connect anything.
using BackendFactory = std::function<std::unique_ptr<Backend>()>;

// One thread fills it, before any configuration is read.
class BackendRegistry {
 public:
  // Adds a class that derives from Backend and has a constructor without parameters. The configuration then accepts its
  // type(). A backend without a type, or with one that another backend has (also one of leptir's own: memory, redis,
  // sqlite, linked or not), is not added; runMain and loadConfig then fail with the sentence that mistakes() has about
  // it.
  template <class OwnBackend>
  void add() {
    addFactory([] { return std::make_unique<OwnBackend>(); });
  }
  void addFactory(BackendFactory factory);

  const std::vector<BackendFactory>& factories() const { return factories_; }
  // One sentence for each backend that could not be added.
  const std::vector<std::string>& mistakes() const { return mistakes_; }

 private:
  std::vector<BackendFactory> factories_;
  std::vector<std::string> types_;
  std::vector<std::string> mistakes_;
};

}  // namespace leptir
