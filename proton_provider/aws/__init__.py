"""All access to AWS: sessions and credentials, the calls to Proton, and the translation of AWS's errors into ours."""
