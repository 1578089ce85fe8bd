#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <string_view>

namespace plimsoll::adapters {

/// Memory for the JSON of one long reply: freed at once, and no more than `limit` bytes, whatever the text is made of
/// (a number of one digit takes sixteen bytes when it is parsed, and more while it is). Not thread-safe.
class JsonMemory {
 public:
  explicit JsonMemory(std::size_t limit = 64U << 20U) : bounded_(limit) {}

  /// The value of `text`, which lives as long as this; null when it is no JSON, or takes more than there is.
  [[nodiscard]] boost::json::value parse(std::string_view text);

 private:
  class Bounded final : public boost::json::memory_resource {
   public:
    explicit Bounded(std::size_t limit) : left_(limit) {}

   private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override;
    bool do_is_equal(const boost::json::memory_resource& other) const noexcept override { return this == &other; }

    std::size_t left_;
  };

  Bounded bounded_;
  boost::json::monotonic_resource values_{1024, &bounded_};
};

}  // namespace plimsoll::adapters
