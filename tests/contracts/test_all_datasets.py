"""Every bundled data set keeps the contract of its kind."""

import pytest
from registered import registered

from fw.data.places import Places
from fw.testing import DatasetContract

FILES = {
    "log.csv": "user,item,time,rating\nu1,a,1,5\nu1,b,2,3\nu2,b,1,1\n",
    "sequences.txt": "u1 a b c\nu2 c a\n",
    "ml-1m/ratings.dat": "1::10::5::100\n1::20::3::200\n2::10::4::150\n",
    "ml-1m/movies.dat": "10::First (1999)::Drama\n20::Second (2000)::Comedy\n",
}


class TestDatasets(DatasetContract):
    @pytest.fixture(
        params=registered(
            "dataset",
            interactions=[{"path": "log.csv", "columns": ["rating"]}],
            partitioned=[{"path": "log.csv", "columns": ["rating"]}],
            movielens=[{"variant": "1m", "download": False}],
            sequences=[{"path": "sequences.txt"}],
            synthetic=[{"num_users": 20, "num_items": 40, "mean_length": 8.0}],
        )
    )
    def chosen(self, request):
        return request.param()

    @pytest.fixture
    def places(self, tmp_path):
        folder = tmp_path / "data"
        (folder / "ml-1m").mkdir(parents=True)
        for name, text in FILES.items():
            (folder / name).write_text(text)
        return Places(folder, tmp_path / "cache")
