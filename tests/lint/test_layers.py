#!/usr/bin/env python3
"""Proves that the lint fails on planted violations, and only on them: each test plants one in an otherwise good tree."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import layers  # noqa: E402
import rules  # noqa: E402

GOOD = {
    'src/model/a.hpp': '#pragma once\n#include <vector>\nnamespace p {\n/// A thing.\nstruct A {};\n}\n',
    'src/plan/b.cpp': '#include "model/a.hpp"\n// co_await, system("x") and Clock::now() in a comment\n'
                      'const char* k = "system(popen(::now()";\n',
    'src/reconcile/c.cpp': '#include <chrono>\n#include "plan/b.hpp"\nauto t = std::chrono::steady_clock::now();\n',
    'src/adapters/d.cpp': '#include <sqlite3.h>\n#include "ports/e.hpp"\n',
    'controller/wiring.cpp': '#include "adapters/d.hpp"\n',
    'controller/cli/f.cpp': '#include "adapters/d.hpp"\n',
}


class PlantedViolations(unittest.TestCase):
    def setUp(self):
        self.exceptions = (rules.LIBRARY_EXCEPTIONS, rules.NAME_EXCEPTIONS, rules.FUNCTION_EXCEPTIONS)
        rules.LIBRARY_EXCEPTIONS, rules.NAME_EXCEPTIONS, rules.FUNCTION_EXCEPTIONS = [], [], []

    def tearDown(self):
        rules.LIBRARY_EXCEPTIONS, rules.NAME_EXCEPTIONS, rules.FUNCTION_EXCEPTIONS = self.exceptions

    def lint(self, planted):
        with tempfile.TemporaryDirectory() as root:
            for name, text in {**GOOD, **planted}.items():
                path = Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding='utf-8')
            return layers.Lint(root).run()

    def assert_finds(self, name, text, what, line):
        found = self.lint({name: text})
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f'{name}:{line}: '), found[0])
        self.assertIn(what, found[0])

    def test_a_good_tree_passes(self):
        self.assertEqual(self.lint({}), [])

    def test_an_arrow_that_is_not_drawn(self):
        for folder, header in [('model', 'plan'), ('compose', 'manifest'), ('plan', 'ports'), ('plan', 'manifest'),
                               ('manifest', 'plan'), ('ports', 'plan'), ('reconcile', 'adapters'),
                               ('reconcile', 'manifest'), ('adapters', 'reconcile'), ('adapters', 'controller')]:
            with self.subTest(f'{folder} -> {header}'):
                self.assert_finds(f'src/{folder}/x.cpp', f'\n#include "{header}/y.hpp"\n',
                                  f'{folder} may not include {header}', 2)

    def test_every_drawn_arrow_passes(self):
        for folder, targets in rules.ARROWS.items():
            for target in targets:
                if (folder, target) == ('controller', 'adapters'):
                    continue
                name = 'controller/x.cpp' if folder == 'controller' else f'src/{folder}/x.cpp'
                self.assertEqual(self.lint({name: f'#include "{target}/y.hpp"\n'}), [])

    def test_a_concrete_adapter_outside_the_wiring(self):
        for name in ('controller/loop.cpp', 'controller/http/server.cpp'):
            self.assert_finds(name, '#include "adapters/sqlite_store.hpp"\n', 'only the wiring', 1)

    def test_headers_written_in_another_way(self):
        self.assert_finds('src/plan/x.cpp', '#include "y.hpp"\n', 'folder/name.hpp', 1)
        self.assert_finds('src/plan/x.cpp', '#include "../ports/clock.hpp"\n', 'folder/name.hpp', 1)
        self.assert_finds('src/adapters/x.cpp', '#include <model/a.hpp>\n', 'with quotes', 1)

    def test_a_folder_that_is_not_in_the_architecture(self):
        self.assert_finds('src/extra/x.cpp', '\n', 'no folder of the architecture', 1)

    def test_library_headers_where_only_the_standard_library_belongs(self):
        for folder in ('model', 'compose', 'manifest', 'plan', 'ports', 'reconcile'):
            self.assert_finds(f'src/{folder}/x.cpp', '#include <boost/json.hpp>\n', 'standard library only', 1)

    def test_an_exception_holds_for_its_file_and_its_header_only(self):
        rules.LIBRARY_EXCEPTIONS = [('src/plan/x*.cpp', 'boost/json', 'reason')]
        self.assertEqual(self.lint({'src/plan/x1.cpp': '#include <boost/json/value.hpp>\n'}), [])
        found = self.lint({'src/plan/x1.cpp': '#include <boost/json/value.hpp>\n',
                           'src/plan/y.cpp': '#include <boost/json.hpp>\n',
                           'src/plan/x2.cpp': '#include <boost/url.hpp>\n'})
        self.assertEqual(len(found), 2, found)

    def test_an_exception_that_is_not_used(self):
        rules.LIBRARY_EXCEPTIONS = [('src/plan/gone.cpp', 'boost/', 'reason')]
        self.assertIn('not used', self.lint({})[0])

    def test_clocks_randomness_output_and_threads_in_pure_folders(self):
        for line, what in [('auto t = std::chrono::system_clock::now();', 'a clock'),
                           ('auto t = time(nullptr);', 'a clock'),
                           ('auto t = clock.get_now();', 'a clock'),
                           ('int r = rand();', 'randomness'),
                           ('std::mt19937_64 g;', 'randomness'),
                           ('std::random_device d;', 'randomness'),
                           ('spdlog::info("x");', 'logging'),
                           ('std::cerr << 1;', 'logging'),
                           ('std::printf("x");', 'logging'),
                           ('std::getenv("HOME");', 'environment'),
                           ('#include <fstream>', 'is pure'),
                           ('#include <thread>', 'is pure')]:
            for folder in ('model', 'compose', 'manifest', 'plan'):
                with self.subTest(f'{folder}: {line}'):
                    self.assert_finds(f'src/{folder}/x.cpp', f'int a;\n{line}\n', what, 2)

    def test_shells_and_coroutines_anywhere(self):
        for name in ('src/adapters/x.cpp', 'controller/x.cpp'):
            self.assert_finds(name, 'int r = system("ls");\n', 'shell', 1)
            self.assert_finds(name, 'int r = std::system("ls");\n', 'shell', 1)
            self.assert_finds(name, 'auto* f = ::popen("ls", "r");\n', 'shell', 1)
            self.assert_finds(name, 'auto f() { co_await g(); }\n', 'coroutine', 1)

    def test_words_that_only_look_like_violations(self):
        self.assertEqual(self.lint({'src/plan/x.cpp': 'int x = file_system(a) + random_order(b);\nauto now = at(now);\n'
                                                      'std::snprintf(b, 1, "x");\n'}), [])

    def test_files_over_the_limit(self):
        for name in ('src/plan/x.cpp', 'controller/x.hpp', 'tests/plan/x.cpp'):
            self.assert_finds(name, '\n' * 401, '401 lines', 401)
        self.assertEqual(self.lint({'src/plan/x.cpp': '\n' * 400}), [])

    def test_functions_over_the_limit(self):
        for before, after in [('int f(int a,\n      int b) {\n', '}\n'),
                              ('X::X(int a)\n    : a_{a}, b_{\'{\'} {\n', '}\n'),
                              ('template <class T>\nauto g(T a) -> std::vector<T> {\n', '}\n'),
                              ('namespace p {\nnamespace {\n/// Doc.\nclass A {\n public:\n'
                               '  int h() const noexcept override {\n', '  }\n};\n}\n}\n')]:
            head = before.split('/// Doc.\n')[-1]
            lines = 2 if head == before else 1
            first = before.count('\n') - lines + 1
            body = 'if (a) { b = {1}; }  // }\n'
            with self.subTest(before):
                self.assertEqual(self.lint({'src/plan/x.cpp': before + body * (39 - lines) + after}), [])
                self.assert_finds('src/plan/x.cpp', before + body * (40 - lines) + after, '41 lines', first)

    def test_long_things_that_are_no_functions(self):
        for before, after in [('constexpr std::array kRows{\n', '};\n'), ('const std::map<int, int> kMap = {\n', '};\n'),
                              ('/// Doc.\nstruct A {\n', '};\n'), ('namespace p {\n', '}\n')]:
            self.assertEqual(self.lint({'src/plan/x.cpp': before + '\n' * 60 + after}), [])

    def test_a_function_may_be_excepted_by_name(self):
        rules.FUNCTION_EXCEPTIONS = [('src/plan/x.cpp:A::f', 'reason')]
        long = ' {\n' + '\n' * 60 + '}\n'
        found = self.lint({'src/plan/x.cpp': 'int A::f()' + long + 'int A::g()' + long})
        self.assertEqual(len(found), 1, found)
        self.assertIn('A::g has 62 lines', found[0])

    def test_file_names_that_say_nothing(self):
        for name in ('util', 'string_utils', 'common', 'test-helpers', 'misc', 'pass_manager'):
            self.assert_finds(f'src/plan/{name}.cpp', '\n', 'says nothing', 1)
        self.assertEqual(self.lint({'src/plan/utility_room.cpp': '\n'}), [])

    def test_types_without_a_comment(self):
        for text, line in [('struct A {};\n', 1),
                           ('namespace p {\nenum class A { b };\n}\n', 2),
                           ('namespace p::q {\n/// Doc.\n\nclass A final : public B {\n};\n}\n', 4),
                           ('/// Doc.\ntemplate <class T>\nstruct A {\n};\nstruct B {\n};\n', 5)]:
            self.assert_finds('src/plan/x.hpp', text, 'no /// comment', line)

    def test_types_that_need_no_comment_of_their_own(self):
        for text in ['class A;\nstruct B;\n',
                     '/// Doc.\ntemplate <class T>\nclass [[nodiscard]] A {\n  struct Inner { int x; };\n};\n',
                     '/// A group.\nstruct A { int x; };\nstruct B { int x; };\n',
                     'struct A {};  ///< doc\n',
                     '/// Doc.\nvoid f() {\n  struct Local {};\n}\n']:
            self.assertEqual(self.lint({'src/plan/x.hpp': text}), [], text)


if __name__ == '__main__':
    unittest.main()
