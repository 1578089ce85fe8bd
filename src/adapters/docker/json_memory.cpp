#include "adapters/docker/json_memory.hpp"

#include <new>

namespace plimsoll::adapters {

namespace json = boost::json;

void* JsonMemory::Bounded::do_allocate(std::size_t bytes, std::size_t alignment) {
  if (bytes > left_) throw std::bad_alloc();
  void* memory = ::operator new(bytes, std::align_val_t(alignment));
  left_ -= bytes;
  return memory;
}

void JsonMemory::Bounded::do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) {
  ::operator delete(memory, std::align_val_t(alignment));
  left_ += bytes;
}

json::value JsonMemory::parse(std::string_view text) try {
  json::parser parser{json::storage_ptr(&bounded_)};
  parser.reset(&values_);
  json::error_code failed;
  parser.write(text, failed);
  return failed ? json::value() : parser.release();
} catch (const std::bad_alloc&) {
  return {};
}

}  // namespace plimsoll::adapters
