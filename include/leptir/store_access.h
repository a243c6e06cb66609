// StoreAccess: exclusive access to one store of a Broker or a MetaStorage.
#pragma once

#include <mutex>
#include <utility>

namespace leptir {

// Holds the lock of the store until this object dies; other threads that need the store wait until then. The Broker
// or MetaStorage that gave it must outlive it.
template <class Store>
class StoreAccess {
 public:
  StoreAccess(std::unique_lock<std::mutex> lock, Store& store) : lock_(std::move(lock)), store_(&store) {}

  Store& operator*() const { return *store_; }
  Store* operator->() const { return store_; }

 private:
  std::unique_lock<std::mutex> lock_;
  Store* store_;
};

}  // namespace leptir
