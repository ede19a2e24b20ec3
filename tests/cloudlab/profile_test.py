#!/usr/bin/python3
"""profile.py, run as the portal runs it: with geni-lib where Python finds it, or a stand-in."""

import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parents[2]
STAND_IN = pathlib.Path(__file__).resolve().parent / 'geni_stand_in'
REAL = importlib.util.find_spec('geni') is not None
RSPEC = '{http://www.geni.net/resources/rspec/3}'
EMULAB = '{http://www.protogeni.net/resources/rspec/ext/emulab/1}'
TOUR = '{http://www.protogeni.net/resources/rspec/ext/apt-tour/1}'


class ProfileTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_profile(self, **parameters):
        request = self.folder / 'request.xml'
        bindings = self.folder / 'parameters.json'
        bindings.write_text(json.dumps(
            {'bindings': {name: {'value': value} for name, value in parameters.items()}}),
                            encoding='utf-8')
        environment = {**os.environ, 'GENILIB_PORTAL_MODE': '1',
                       'GENILIB_PORTAL_REQUEST_PATH': str(request),
                       'GENILIB_PORTAL_PARAMS_PATH': str(bindings)}
        if not REAL:
            environment['PYTHONPATH'] = str(STAND_IN)
        result = subprocess.run([sys.executable, '-W', 'ignore', ROOT / 'profile.py'], text=True,
                                capture_output=True, env=environment, check=False, timeout=60)
        return result, request

    def request(self, **parameters):
        result, request = self.run_profile(**parameters)
        self.assertEqual(result.returncode, 0, result.stderr)
        return ET.parse(request).getroot()

    def assert_refused(self, *words, **parameters):
        result, request = self.run_profile(**parameters)
        self.assertGreater(result.returncode, 100, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertFalse(request.exists())

    def test_the_default_is_five_bare_machines_on_one_lan(self):
        root = self.request()
        nodes = root.findall(f'{RSPEC}node')
        self.assertEqual([node.get('client_id') for node in nodes],
                         ['node0', 'node1', 'node2', 'node3', 'node4'])
        self.assertEqual({node.find(f'{RSPEC}sliver_type').get('name') for node in nodes}, {'raw'})
        addresses = [node.find(f'{RSPEC}interface/{RSPEC}ip') for node in nodes]
        self.assertEqual([address.get('address') for address in addresses],
                         [f'10.10.1.{number}' for number in range(1, 6)])
        self.assertEqual({address.get('netmask') for address in addresses}, {'255.255.255.0'})
        lans = root.findall(f'{RSPEC}link')
        self.assertEqual(len(lans), 1)
        self.assertEqual(lans[0].find(f'{RSPEC}link_type').get('name'), 'lan')
        self.assertEqual([one.get('client_id') for one in lans[0].findall(f'{RSPEC}interface_ref')],
                         [node.find(f'{RSPEC}interface').get('client_id') for node in nodes])

    def test_each_node_runs_the_setup_at_boot_with_keys_for_root_and_a_file_system(self):
        for node in self.request(nodes=3).findall(f'{RSPEC}node'):
            service = node.find(f'{RSPEC}services/{RSPEC}execute')
            self.assertEqual(service.get('command'),
                             'sudo /local/repository/tools/cloudlab.d/setup --data-fs /mydata')
            self.assertTrue(os.access(ROOT / 'tools/cloudlab.d/setup', os.X_OK))
            key = node.find(f'{EMULAB}rootkey')
            self.assertEqual((key.get('private'), key.get('public')), ('true', 'true'))
            store = node.find(f'{EMULAB}blockstore')
            self.assertEqual(store.get('mountpoint'), '/mydata')
            self.assertIsNone(store.get('size'))  # all there is
            self.assertIn('UBUNTU24-64-STD', node.find(f'.//{RSPEC}disk_image').get('name'))
            self.assertIsNone(node.find(f'{RSPEC}hardware_type'))

    def test_what_is_chosen_is_asked_for(self):
        image = 'urn:publicid:IDN+emulab.net+image+emulab-ops//DEBIAN12-64-STD'
        root = self.request(nodes=9, hardware='xl170', image=image, linkSpeed=25000000, dataSize=64)
        nodes = root.findall(f'{RSPEC}node')
        self.assertEqual(len(nodes), 9)
        for node in nodes:
            self.assertEqual(node.find(f'{RSPEC}hardware_type').get('name'), 'xl170')
            self.assertEqual(node.find(f'.//{RSPEC}disk_image').get('name'), image)
            self.assertEqual(node.find(f'{EMULAB}blockstore').get('size'), '64GB')
        speeds = {one.get('capacity') for one in root.findall(f'{RSPEC}link/{RSPEC}property')}
        self.assertEqual(speeds, {'25000000'})

    def test_a_best_effort_lan_has_no_speed(self):
        lan = self.request(bestEffort=True).find(f'{RSPEC}link')
        self.assertEqual(lan.find(f'{EMULAB}best_effort').get('enabled'), 'true')
        self.assertIsNone(lan.find(f'{RSPEC}property'))

    def test_without_a_file_system_the_setup_is_told(self):
        node = self.request(dataFileSystem=False).find(f'{RSPEC}node')
        self.assertIsNone(node.find(f'{EMULAB}blockstore'))
        self.assertTrue(node.find(f'.//{RSPEC}execute').get('command').endswith('--data-fs none'))

    def test_bad_parameters_are_reported_to_the_portal(self):
        self.assert_refused('nodes', nodes=4)
        self.assert_refused('nodes', nodes='many')
        self.assert_refused('URN', image='UBUNTU24-64-STD')
        self.assert_refused('best effort', bestEffort=True, linkSpeed=1000000)
        self.assert_refused('GB', dataSize=-1)
        self.assert_refused('temporary file system', dataSize=10, dataFileSystem=False)

    def test_the_docstring_is_the_page_with_instructions(self):
        root = self.request()
        tour = root.find(f'{TOUR}rspec_tour')
        self.assertIn('one LAN', tour.find(f'{TOUR}description').text)
        self.assertIn('tools/cloudlab use manifest.xml', tour.find(f'{TOUR}instructions').text)

    def test_it_is_plain_enough_for_any_python_3(self):
        text = (ROOT / 'profile.py').read_text(encoding='ascii')
        for young in ("f'", 'f"', ':='):
            self.assertNotIn(young, text)
        compile(text, 'profile.py', 'exec', dont_inherit=True)


if __name__ == '__main__':
    print('with', 'geni-lib' if REAL else 'the stand-in for geni-lib')
    unittest.main(verbosity=2)
