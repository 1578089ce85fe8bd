#include "controller/cli/json_fields.hpp"

#include <boost/json.hpp>

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

const json::value* member(const json::value& object, std::string_view name) {
  const json::object* const fields = object.if_object();
  return fields ? fields->if_contains(name) : nullptr;
}

template <class Container, class Write>
void write_block(std::string& out, const Container& items, std::size_t depth, char open, char close, Write write) {
  if (items.empty()) {
    out += {open, close};
    return;
  }
  out += open;
  bool first = true;
  for (const auto& item : items) {
    out += first ? "\n" : ",\n";
    first = false;
    out.append((depth + 1) * 2, ' ');
    write(item);
  }
  out += '\n';
  out.append(depth * 2, ' ');
  out += close;
}

void write_json(std::string& out, const json::value& value, std::size_t depth) {
  if (const json::object* object = value.if_object()) {
    write_block(out, *object, depth, '{', '}', [&out, depth](const json::object::value_type& item) {
      out += json::serialize(item.key()) + ": ";
      write_json(out, item.value(), depth + 1);
    });
  } else if (const json::array* array = value.if_array()) {
    write_block(out, *array, depth, '[', ']',
                [&out, depth](const json::value& item) { write_json(out, item, depth + 1); });
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string text_at(const json::value& object, std::string_view name) {
  const json::value* const found = member(object, name);
  const json::string* const text = found ? found->if_string() : nullptr;
  return text ? std::string(text->begin(), text->end()) : std::string();
}

std::int64_t number_at(const json::value& object, std::string_view name) {
  const json::value* const found = member(object, name);
  const std::int64_t* const number = found ? found->if_int64() : nullptr;
  return number ? *number : 0;
}

const json::array& array_at(const json::value& object, std::string_view name) {
  static const json::array kEmpty;
  const json::value* const found = member(object, name);
  const json::array* const array = found ? found->if_array() : nullptr;
  return array ? *array : kEmpty;
}

Result<json::value> parse_answer(const std::string& body) {
  boost::system::error_code failed;
  json::value value = json::parse(body, failed);
  if (failed) {
    return Error{ErrorKind::internal, "the answer is not JSON (" + failed.message() +
                                          "); is it a Plimsoll controller that --socket or --server names?"};
  }
  return value;
}

std::string pretty_json(const json::value& value) {
  std::string out;
  write_json(out, value, 0);
  return out + "\n";
}

}  // namespace plimsoll::controller
