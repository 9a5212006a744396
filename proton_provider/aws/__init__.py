"""The only door to AWS: sessions and credentials, the calls to Proton, AWS's errors turned into ours."""
