#include <catch2/catch.hpp>

#include "model/fields.hpp"

using namespace plimsoll;

TEST_CASE("the difference of two canonical forms is one change a path, in path order") {
  struct Row {
    Fields before, after;
    std::vector<std::string> changes;
  };
  const auto row = GENERATE(values<Row>({
      {{}, {}, {}},
      {{{"a", "1"}}, {{"a", "1"}}, {}},
      {{{"a", "1"}}, {{"a", "2"}}, {"a: 1 → 2"}},
      {{{"a", "1"}}, {}, {"a: 1 → (unset)"}},
      {{}, {{"a", "1"}}, {"a: (unset) → 1"}},
      {{}, {{"a", ""}}, {"a: (unset) → \"\""}},
      {{{"a", ""}}, {}, {"a: \"\" → (unset)"}},
      {{{"b", "1"}, {"d", "1"}},
       {{"a", "1"}, {"c", "1"}, {"d", "2"}},
       {"a: (unset) → 1", "b: 1 → (unset)", "c: (unset) → 1", "d: 1 → 2"}},
      {{{"ports[0]", "80"}, {"ports[1]", "81"}}, {{"ports[0]", "81"}}, {"ports[0]: 80 → 81", "ports[1]: 81 → (unset)"}},
  }));
  std::vector<std::string> texts;
  for (const auto& change : diff_fields(row.before, row.after)) texts.push_back(to_string(change));
  CHECK(texts == row.changes);
}
